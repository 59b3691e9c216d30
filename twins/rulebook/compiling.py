"""Compiling: from documents to what runs, once for all partitions of a process."""

from functools import lru_cache
from typing import Any

from msgspec import json

from twins.rules.ruleset import RuleSet, compile_rules

_encode = json.Encoder(order="deterministic").encode

CACHED = 64
"""Rule sets kept compiled: each kind's, and the ones that are being looked at before publishing."""


def rules_of(kind: str, documents: list[dict[str, Any]], version: int) -> RuleSet:
    """The rule set of a kind. Raises `BadRule` for what cannot run."""
    return _compiled(kind, _encode(documents), version)


@lru_cache(CACHED)
def _compiled(kind: str, documents: bytes, version: int) -> RuleSet:
    return compile_rules(kind, json.decode(documents), version)
