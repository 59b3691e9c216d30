"""Compiling: from documents to what runs, once for all partitions of a process."""

from functools import lru_cache
from typing import Any

from msgspec import json

from twins.errors import RulebookRefused
from twins.kind import kind_of

_encode = json.Encoder(order="deterministic").encode

CACHED = 64
"""Rule sets kept compiled: each kind's, and the ones that are being looked at before publishing."""


def rules_of(kind: str, documents: list[dict[str, Any]], version: int) -> Any:
    """The rule set of a kind. Raises `TwinError` for what cannot run."""
    return _compiled(kind, _encode(documents), version)


@lru_cache(CACHED)
def _compiled(kind: str, documents: bytes, version: int) -> Any:
    # A seam until the language lands.
    for document in json.decode(documents):
        if not isinstance(document.get("rule"), str):
            raise RulebookRefused("a rule has no name")
        kind_of(kind).handler(str(document.get("on")))
    return version
