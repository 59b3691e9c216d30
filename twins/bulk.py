"""Bulk: one operation on all twins that a filter finds, and what came of it, twin by twin.

The job is a twin, so it outlives whoever runs it: where it stands, it says itself. Results lie in
twins of their own, a page each, so that a job of a million twins stays small.
"""

from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from twins.errors import BadPayload
from twins.handler import ask, told
from twins.ids import TwinId
from twins.twin import Twin
from twins.units import Short, Text, Time

PAGE: Final = 200
"""Twins of one page."""

MAX_RATE: Final = 1000.0

BulkState = Literal["", "running", "done", "cancelled", "failed"]


class Begin(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Starts a job: `ask.bulk.begin`."""

    where: Text
    operation: Short
    """In words, for people: `patch`, `command open_trunk`."""
    call: Short
    """The twins' call, or the type of an event."""
    as_event: bool = False
    data: Any = None
    by: Short
    rate: Annotated[float, Meta(gt=0, le=MAX_RATE)] = 50.0
    """Twins a second, at most."""
    expected: Annotated[int, Meta(ge=0)] = 0
    """How many twins the filter found."""


class Result(Struct, array_like=True):
    """What came of one twin."""

    twin_id: TwinId
    problem: Annotated[str, Meta(max_length=300)] | None = None
    """Why it was not done; None: it was."""


class Page(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A page is done: `ask.bulk.page`, and to its twin `bulk.noted`."""

    number: Annotated[int, Meta(ge=0)]
    results: Annotated[list[Result], Meta(max_length=PAGE)]
    cursor: Annotated[str, Meta(max_length=4096)] | None = None
    """Where the next one begins; None: there is none."""


class End(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Ends a job that is not done: `ask.bulk.end`."""

    state: Literal["cancelled", "failed"]
    by: Short = ""
    problem: Text = ""


class Bulk(Twin, kind="bulk"):
    """One job."""

    where: str = ""
    operation: str = ""
    call: str = ""
    as_event: bool = False
    data: Any = None
    by: str = ""
    rate: float = 0.0
    expected: int = 0
    state: BulkState = ""
    begun_at: Time = 0.0
    ended_at: Time | None = None
    ended_by: str = ""
    problem: str = ""
    cursor: str | None = None
    """Where the next page begins."""
    pages: int = 0
    """Pages that are done."""
    succeeded: int = 0
    failed: int = 0

    @ask("bulk.begin")
    def begin(self, given: Begin) -> None:
        """Begin; a second time changes nothing."""
        if self.state:
            return
        for name in given.__struct_fields__:
            setattr(self, name, getattr(given, name))
        self.state, self.begun_at = "running", self.now

    @ask("bulk.page")
    def page(self, page: Page) -> None:
        """Take a page's results; the page after the last one that is known, and no other."""
        if not self.state:
            raise BadPayload(f"{self.id} has not begun")
        if page.number != self.pages:
            return
        failed = sum(result.problem is not None for result in page.results)
        self.pages += 1
        self.failed += failed
        self.succeeded += len(page.results) - failed
        self.cursor = page.cursor
        self.tell(page_id(self.key, page.number), "bulk.noted", page)
        if page.cursor is None and self.state == "running":
            self.state, self.ended_at = "done", self.now

    @ask("bulk.end")
    def end(self, given: End) -> None:
        """End it; one that has ended stays as it is."""
        if self.state == "running":
            self.state, self.ended_at = given.state, self.now
            self.ended_by, self.problem = given.by, given.problem


class BulkPage(Twin, kind="bulk_page"):
    """The results of one page."""

    results: list[Result] | None = None

    @told("bulk.noted")
    def noted(self, page: Page) -> None:
        """Keep them."""
        self.results = page.results


def page_id(job: str, number: int) -> str:
    """The twin that keeps a page's results."""
    return f"bulk_page/{job}-{number}"
