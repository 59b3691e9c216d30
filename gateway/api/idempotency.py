"""Idempotency: calls that are repeated with their key count once."""

import re
from typing import Annotated
from uuid import uuid4

from fastapi import Header

from gateway.api.errors import Invalid

_NAME = re.compile(r"[A-Za-z0-9_.:#/-]{1,200}")

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="The event's id: repeated with it, the call counts once. Default: a new one.",
    ),
]


def event_id_of(given: str | None) -> str:
    """The id of a call: the one given, or a new one."""
    if given is None:
        return uuid4().hex
    if not _NAME.fullmatch(given):
        raise Invalid("Idempotency-Key is 1 to 200 of A-Z a-z 0-9 _ . : # / -")
    return given
