"""Loading the kinds: importing their modules registers them."""

from collections.abc import Iterable
from importlib import import_module

from twins.kind import KINDS, Kind

BUILT_IN = ("twins.rulebook",)
"""Kinds that every cluster has, whatever its settings name."""


def load_kinds(modules: Iterable[str]) -> dict[str, Kind]:
    """Import the modules that declare kinds, and return all kinds by name."""
    for module in (*BUILT_IN, *modules):
        import_module(module)
    return KINDS
