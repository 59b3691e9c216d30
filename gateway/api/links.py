"""`GET /v1/twins/{kind}/{key}/links`: the twins around one, in both directions.

Out: every text of the twin's state that is a twin's id, of a kind that is loaded. In: the twins
that name it in a field which its kind declares as a link to that kind; those are searched for.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query

from gateway.api.context import Context, Key, Kind, within
from gateway.api.models import Problem
from gateway.api.needs import Reads
from gateway.twin_views import Links, LinkView
from twins.errors import BadTwinId
from twins.ids import split
from twins.kind import KINDS, kind_of
from twins.rules.fields import fields_of

MAX_DEPTH: Final = 4
MAX_LINKS: Final = 1000
PAGE: Final = 200
"""Twins that name one twin, of all kinds together, which are looked at."""

_KEPT: Final = frozenset({"windows", "record", "watched", "mirror", "operated", "commands", "past"})
"""Parts of a state in which ids stand that are no links of the twin's: what it remembers."""

router = APIRouter(
    prefix="/v1",
    tags=["twins"],
    responses={status: {"model": Problem} for status in (401, 404, 422, 503, 504)},
)


def links_out(twin_id: str, state: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(path, twin id) of all that a state names."""
    for name, value in state.items():
        if name not in _KEPT:
            for path, target in _within(name, value):
                if target != twin_id:
                    yield path, target


def _within(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if "/" in value and _is_twin(value):
            yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(name, str) and "/" in name and _is_twin(name):
                yield path, name
            yield from _within(f"{path}.{name}", inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _within(f"{path}.{number}", inner)


def _is_twin(text: str) -> bool:
    try:
        kind, _ = split(text)
    except BadTwinId:
        return False
    return kind in KINDS


def linking_fields(target: str) -> list[tuple[str, str]]:
    """(kind, field) of all that may lead to twins of a kind, by what kinds declare."""
    return [
        (name, field.name)
        for name, kind in sorted(KINDS.items())
        for field in fields_of(kind).values()
        if field.link == target
    ]


def linking_filter(twin_id: str) -> str | None:
    """A search for those that name a twin; None: no kind declares a link to its kind."""
    fields = sorted({field for _, field in linking_fields(split(twin_id)[0])})
    return " or ".join(f'{field} = "{twin_id}"' for field in fields) or None


class _Walk:
    """Goes from twin to twin, the nearest first, each once."""

    def __init__(self, shared: Context, limit: int) -> None:
        self._shared = shared
        self._limit = limit
        self.links: dict[tuple[str, str, str], LinkView] = {}
        self.more = False
        self.as_of = float("inf")

    def _note(self, source: str, field: str, target: str, depth: int) -> None:
        link = (source, field, target)
        if link in self.links:
            return
        if len(self.links) >= self._limit:
            self.more = True
            return
        self.links[link] = LinkView(source, field, target, depth)

    async def run(self, twin_id: str, directions: tuple[str, ...], depth: int) -> None:
        known, edge = {twin_id}, [twin_id]
        for step in range(1, depth + 1):
            found: dict[str, None] = {}
            for one in edge:
                if "out" in directions:
                    found |= await self._out(one, step)
                if "in" in directions:
                    found |= await self._in(one, step)
                if self.more:
                    return
            edge = [one for one in found if one not in known]
            known |= set(edge)

    async def _out(self, twin_id: str, depth: int) -> dict[str, None]:
        state = await self._shared.services.state(twin_id)
        found: dict[str, None] = {}
        for path, target in links_out(twin_id, state.state):
            self._note(twin_id, path, target, depth)
            found[target] = None
        return found

    async def _in(self, twin_id: str, depth: int) -> dict[str, None]:
        where = linking_filter(twin_id)
        if where is None:
            return {}
        page = await self._shared.services.search(where, None, PAGE, None)
        self.as_of = min(self.as_of, page.as_of)
        self.more = self.more or page.cursor is not None
        found: dict[str, None] = {}
        for item in page.items:
            for path, target in links_out(item.id, item.state):
                if target == twin_id:
                    self._note(item.id, path, twin_id, depth)
            found[item.id] = None
        return found


@router.get("/twins/{kind}/{key}/links")
async def list_links(
    kind: Kind,
    key: Key,
    shared: Reads,
    *,
    direction: Annotated[
        Literal["out", "in", "both"],
        Query(description="Those that it names, those that name it, or both."),
    ] = "both",
    depth: Annotated[int, Query(ge=1, le=MAX_DEPTH, description="How many steps.")] = 1,
    limit: Annotated[int, Query(ge=1, le=MAX_LINKS)] = 200,
) -> Links:
    """Walk the links of a twin, in both directions, the nearest first."""
    kind_of(kind)
    twin_id = f"{kind}/{key}"
    walk = _Walk(shared, limit)
    directions = ("out", "in") if direction == "both" else (direction,)
    await within(
        shared.limits.read_s,
        walk.run(twin_id, directions, depth),
        f"the walk took longer than {shared.limits.read_s:g} s; ask for fewer steps",
    )
    as_of = walk.as_of if walk.as_of != float("inf") else shared.services.clock()
    return Links(twin_id=twin_id, items=list(walk.links.values()), more=walk.more, as_of=as_of)
