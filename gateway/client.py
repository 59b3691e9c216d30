"""Client: the API from Python, typed. What the command line uses.

    with Client(api_url, operator_token) as vigil:
        state = vigil.state("vehicle/v17")

Every method raises `ApiProblem` (the API refused; the problem says whose fault it is and what to
do) or `ApiUnreachable` (no answer at all).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import httpx2
import msgspec
from msgspec import Struct

from actors.state import TwinState
from gateway.access_client import AccessClient
from gateway.backtests_client import BacktestsClient
from gateway.bulk_client import BulkClient
from gateway.bulk_views import Imported
from gateway.cases_client import CasesClient
from gateway.engagement_client import EngagementClient
from gateway.live_event import LiveEvent
from gateway.policies_client import PoliciesClient
from gateway.rules_client import RulesClient
from gateway.twin_views import Asked, FoundPage, History, ParkedPage, Sent, TwinThen
from gateway.twins_client import TwinsClient
from twins.ids import split

T = TypeVar("T")

TIMEOUT_S = 30.0
ERASE_S = 600.0
"""How long erasing a person may take: all partitions settle several times."""


class ApiProblem(Exception):
    """The API refused; `problem` is its problem details (RFC 9457)."""

    def __init__(self, problem: "ProblemDetails") -> None:
        super().__init__(f"{problem.detail} ({problem.status} {problem.reason})")
        self.problem = problem


class ApiUnreachable(Exception):
    """Nobody answers at the API's address, or not in HTTP."""


class ProblemDetails(Struct, omit_defaults=True):
    """What the API says about a refusal."""

    status: int
    detail: str = ""
    reason: str = "unknown"
    title: str = ""
    instance: str | None = None
    twin_id: str | None = None
    event_id: str | None = None


class _Count(Struct):
    count: int


class Client:
    """A connection to the API of a cluster.

    Args:
        base_url: Where the API is, for example `http://127.0.0.1:8080`.
        token: A token of that cluster.
        transport: For tests.
    """

    def __init__(
        self, base_url: str, token: str, transport: httpx2.BaseTransport | None = None
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._http = httpx2.Client(
            base_url=self.base_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_S,
            transport=transport,
            # The cluster is reached directly; a proxy of the environment must not see the token.
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    # -- one twin ----------------------------------------------------------------------------

    def state(self, twin_id: str, min_position: int | None = None) -> TwinState:
        """Read a twin; `min_position` waits for one's own write."""
        params = {} if min_position is None else {"min_position": str(min_position)}
        return self.get(f"/v1/twins/{_path(twin_id)}", TwinState, params)

    def then(
        self, twin_id: str, *, at: float | None = None, position: int | None = None
    ) -> TwinThen:
        """A twin as it was at a time (seconds since the epoch), or at a position of its log."""
        params = {"at": None if at is None else repr(at), "position": position}
        given = {name: str(value) for name, value in params.items() if value is not None}
        return self.get(f"/v1/twins/{_path(twin_id)}/then", TwinThen, given)

    def ask(self, twin_id: str, name: str, data: Any = None, event_id: str | None = None) -> Asked:
        """Call one of the twin's `@ask` methods."""
        return self.post(f"/v1/twins/{_path(twin_id)}/ask/{name}", Asked, data, event_id)

    def send(
        self,
        twin_id: str,
        event_type: str,
        data: Any = None,
        *,
        event_id: str | None = None,
        as_device: bool = False,
    ) -> Sent:
        """Send a twin an event, in Vigil's own name or in its device's; durable on return."""
        path = f"/v1/twins/{_path(twin_id)}/events/{event_type}"
        sender = {"sender": "device" if as_device else "inside"}
        return self.post(path, Sent, data, event_id, sender)

    def resume(self, twin_id: str, *, skip: bool = False, event_id: str | None = None) -> Sent:
        """Let a parked twin go on, with the event that failed or without; durable on return."""
        path = f"/v1/twins/{_path(twin_id)}/{'skip' if skip else 'resume'}"
        return self.post(path, Sent, None, event_id)

    def history(
        self,
        twin_id: str,
        *,
        since: float | None = None,
        until: float | None = None,
        limit: int = 100,
    ) -> History:
        """Read the newest events of a span, oldest first. Times are seconds since the epoch."""
        span = {"since": since, "until": until}
        params = {name: repr(at) for name, at in span.items() if at is not None}
        return self.get(f"/v1/history/{_path(twin_id)}", History, {**params, "limit": str(limit)})

    @property
    def twins(self) -> TwinsClient:
        """One twin's operation: patches, commands, wishes, maintenance, links."""
        return TwinsClient(self)

    @property
    def bulk(self) -> BulkClient:
        """Many twins at once."""
        return BulkClient(self)

    def import_twins(
        self, kind: str, text: str, *, lines: bool = False, tokens: bool = False,
        dry_run: bool = False,
    ) -> Imported:  # fmt: skip
        """Take twins over from a table (CSV, or JSON lines): up to 1,000 rows and 1 MB."""
        media = "application/x-ndjson" if lines else "text/csv"
        params = {"tokens": str(tokens).lower(), "dry_run": str(dry_run).lower()}
        with _reachable(self.base_url):
            response = self._http.post(
                f"/v1/import/{kind}", content=text.encode(), params=params,
                headers={"Content-Type": media},
            )  # fmt: skip
        return _read(response, Imported)

    @property
    def rules(self) -> RulesClient:
        """Everything about rules."""
        return RulesClient(self)

    @property
    def backtests(self) -> BacktestsClient:
        """Rules tried on history."""
        return BacktestsClient(self)

    @property
    def policies(self) -> PoliciesClient:
        """How far supervisors may act, and what that changed."""
        return PoliciesClient(self)

    @property
    def cases(self) -> CasesClient:
        """What persons have to decide."""
        return CasesClient(self)

    @property
    def engagement(self) -> EngagementClient:
        """What was learned of how persons are told best."""
        return EngagementClient(self)

    @property
    def access(self) -> AccessClient:
        """Who may sign in, and with what."""
        return AccessClient(self)

    # -- persons -----------------------------------------------------------------------------

    def export(self, person: str) -> Iterator[dict[str, Any]]:
        """All that is held of a person, item by item. Needs the privacy token."""
        path = f"/v1/persons/{_path(person)}/export"
        with _reachable(self.base_url), self._http.stream("GET", path) as response:
            if not response.is_success:
                response.read()
                raise ApiProblem(_problem(response))
            for line in response.iter_lines():
                yield msgspec.json.decode(line)

    def erase(self, person: str) -> dict[str, Any]:
        """Erase a person for good; returns the certificate. Needs the privacy token."""
        path = f"/v1/persons/{_path(person)}/erase"
        with _reachable(self.base_url):
            response = self._http.post(path, timeout=ERASE_S)
        return _read(response, dict[str, Any])

    def erasures(self, person: str) -> list[dict[str, Any]]:
        """The certificates of a person, oldest first. Needs the privacy token."""
        return self.get(f"/v1/persons/{_path(person)}/erasures", list[dict[str, Any]])

    def signer(self) -> str:
        """What certificates are checked with: a public key, hex. Needs the privacy token."""
        return self.get("/v1/persons/signer", dict[str, str])["key"]

    # -- all twins ---------------------------------------------------------------------------

    def search(
        self,
        where: str = "",
        *,
        sort: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> FoundPage:
        """Find twins by their state; one page."""
        params = {"where": where, "limit": str(limit)}
        if sort is not None:
            params["sort"] = sort
        if cursor is not None:
            params["cursor"] = cursor
        return self.get("/v1/search", FoundPage, params)

    def signals(
        self, *, kind: str | None = None, twin_id: str | None = None, limit: int = 100
    ) -> dict[str, Any]:
        """What twins noticed lately; `gateway.api.signals.Signals` documents the fields."""
        given = {"kind": kind, "twin": twin_id, "limit": str(limit)}
        params = {name: text for name, text in given.items() if text}
        return self.get("/v1/signals", dict[str, Any], params)

    def parked(self, where: str = "", *, limit: int = 100, cursor: str | None = None) -> ParkedPage:
        """The twins that are set aside, by id, and why; one page."""
        params = {"where": where, "limit": str(limit)}
        if cursor is not None:
            params["cursor"] = cursor
        return self.get("/v1/parked", ParkedPage, params)

    def count(self, where: str = "") -> int:
        """Count the twins that a filter finds."""
        return self.get("/v1/count", _Count, {"where": where}).count

    def status(self) -> dict[str, Any]:
        """How the cluster is; `gateway.api.models.Status` documents the fields."""
        return self.get("/v1/status", dict[str, Any])

    @contextmanager
    def live(
        self,
        *,
        kind: str | None = None,
        twin_id: str | None = None,
        where: str | None = None,
        last_id: str | None = None,
    ) -> Iterator[Iterator[LiveEvent]]:
        """Watch what changes: an iterator that ends when the connection does."""
        params = {"kind": kind, "twin": twin_id, "where": where}
        given = {name: text for name, text in params.items() if text}
        headers = {} if last_id is None else {"Last-Event-ID": last_id}
        # The feed's status comes every 2 s; silence for much longer is a broken connection.
        timeout = httpx2.Timeout(TIMEOUT_S, read=TIMEOUT_S)
        with (
            _reachable(self.base_url),
            self._http.sse("/v1/live", params=given, headers=headers, timeout=timeout) as source,
        ):
            response = source.response
            if not response.is_success:
                response.read()
                raise ApiProblem(_problem(response))
            yield (_live(item) for item in source if item.data)

    # -- HTTP --------------------------------------------------------------------------------

    def get(self, path: str, answer: type[T], params: Mapping[str, str] | None = None) -> T:
        """Call any path, and read what it answers as a type."""
        with _reachable(self.base_url):
            response = self._http.get(path, params=params)
        return _read(response, answer)

    def post(
        self,
        path: str,
        answer: type[T],
        data: Any,
        event_id: str | None = None,
        params: Mapping[str, str] | None = None,
    ) -> T:
        """Send data to any path, and read what it answers as a type."""
        return self.call("POST", path, answer, data, event_id=event_id, params=params)

    def call(
        self,
        method: str,
        path: str,
        answer: type[T] | None,
        data: Any = None,
        *,
        event_id: str | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """Call any path by any method, and read what it answers; None: it answers nothing."""
        named = {"Content-Type": "application/json", **(headers or {})}
        if event_id is not None:
            named["Idempotency-Key"] = event_id
        with _reachable(self.base_url):
            response = self._http.request(
                method, path, content=msgspec.json.encode(data), headers=named, params=params
            )
        return _read(response, answer)

    def delete(self, path: str, answer: type[T]) -> T:
        """Delete what has any path, and read what it answers as a type."""
        with _reachable(self.base_url):
            response = self._http.delete(path)
        return _read(response, answer)


@contextmanager
def _reachable(base_url: str) -> Iterator[None]:
    try:
        yield
    except httpx2.TimeoutException as error:
        raise ApiUnreachable(f"{base_url} did not answer in time: {error!r}") from error
    except httpx2.HTTPError as error:
        raise ApiUnreachable(f"{base_url} cannot be reached: {error}") from error


def _path(twin_id: str) -> str:
    return "/".join(split(twin_id))


def _live(item: httpx2.ServerSentEvent) -> LiveEvent:
    plain = {"event": item.event, "data": msgspec.json.decode(item.data), "id": item.id or None}
    return msgspec.convert(plain, LiveEvent)


def _read(response: httpx2.Response, answer: type[T] | None) -> T:
    if not response.is_success:
        raise ApiProblem(_problem(response))
    if answer is None:
        return cast("T", None)
    try:
        return msgspec.json.decode(response.content, type=answer)
    except msgspec.DecodeError as error:
        raise ApiUnreachable(
            f"{response.request.url} answered something else than Vigil would: {error}"
        ) from error


def _problem(response: httpx2.Response) -> ProblemDetails:
    try:
        return msgspec.json.decode(response.content, type=ProblemDetails)
    except msgspec.DecodeError:
        return ProblemDetails(status=response.status_code, detail=response.reason_phrase)
