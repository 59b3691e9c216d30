"""Revisions: `ETag`, `If-None-Match` and `If-Match` of twins (RFC 9110)."""

import re
from typing import Annotated

from fastapi import Header, Response

from actors.state import TwinState
from gateway.api.errors import Invalid

_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e]*)"')
_PARKED = "-parked"

IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", max_length=1000, description="Answer 304 while it is as then."),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=200,
        description='The `ETag` that the change was made for: `"17"`; `*`: the twin exists.',
    ),
]


def tag_of(state: TwinState) -> str:
    """The twin's `ETag`: its revision, and whether it is set aside, which is no event."""
    return f'"{state.revision}{_PARKED if state.parked else ""}"'


def tagged(response: Response, state: TwinState) -> TwinState:
    """The state, with its tag in the answer's headers."""
    response.headers["ETag"] = tag_of(state)
    response.headers["Cache-Control"] = "no-cache"
    return state


def unchanged(state: TwinState, wanted: str | None) -> bool:
    """Whether the caller has this already."""
    if wanted is None:
        return False
    mine = tag_of(state).strip('"')
    return wanted.strip() == "*" or mine in _TAG.findall(wanted)


def revision_in(if_match: str | None) -> str | None:
    """The revision that `If-Match` names, `*`, or None; raises `Invalid`."""
    if if_match is None or if_match.strip() == "*":
        return None if if_match is None else "*"
    # Weak tags never match here (RFC 9110, 13.1.1), and ours are strong.
    found = re.fullmatch(r'\s*"([\x21\x23-\x7e]*)"\s*', if_match)
    if found is None:
        raise Invalid('If-Match is one ETag as the twin was read with, `"17"`, or *')
    return found[1].removesuffix(_PARKED)
