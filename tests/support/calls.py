"""Calls: every operation of the API, with something that fits in its path."""

import re
from typing import Any

from fastapi import FastAPI
from msgspec import Struct

SAFE = {"get", "head", "options"}

_FITS = {
    "kind": "vehicle", "key": "v1", "draft_id": "d1", "name": "all", "event_type": "configured",
    "channel": "sms", "visitor": "visitor-of-the-tests-0001",
}  # fmt: skip


class Call(Struct, frozen=True):
    """One operation."""

    method: str
    """In capitals."""
    path: str
    """As the description has it."""
    url: str
    """With something in place of each parameter."""
    need: str | None
    roles: tuple[str, ...]
    responses: frozenset[str]
    streams: bool
    """Whether its answer goes on until one of both ends it."""

    @property
    def safe(self) -> bool:
        """Whether its method promises to change nothing."""
        return self.method.lower() in SAFE

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def calls_of(app: FastAPI) -> list[Call]:
    """All operations that the application describes."""
    return [
        _call(path, method, operation)
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
    ]


def _call(path: str, method: str, operation: dict[str, Any]) -> Call:
    url = re.sub(r"\{(\w+)\}", lambda found: _FITS.get(found[1], "x1"), path)
    answers = [content for response in operation["responses"].values()
               for content in response.get("content", {})]  # fmt: skip
    return Call(
        method.upper(), path, url, operation.get("x-need"), tuple(operation.get("x-roles", ())),
        frozenset(operation["responses"]), "text/event-stream" in answers,
    )  # fmt: skip
