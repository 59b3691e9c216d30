"""Every call of people that changes something: the entry says who, what, before and after."""

from typing import Any

import httpx2
import pytest
from activity_kit import AS_PRIVACY, Changing, Client, entries
from msgspec import to_builtins
from structlog.testing import capture_logs
from support.api_server import AS_OPERATOR, app_of
from support.arrangements import ID, SUPERVISOR, arrangement, put
from support.calls import Call, calls_of
from support.fake_services import START

from gateway.api.dead_letters import _id
from gateway.dead_letters import DeadLetter
from gateway.roles import MET_BY, Need
from twins.event import encode_message
from twins.people.case import Case

BY = {"by": "Aino"}
AT = "/v1/arrangements/{kind}/{key}/{arrangement_id}"
TWIN = "/v1/twins/{kind}/{key}"
DRAFT = "/v1/rules/{kind}/drafts/{draft_id}"
CASE = "/v1/cases/{case_id}"
COMMAND = {"id": "c1", "name": "honk", "expires_at": START + 60.0}
LETTER = DeadLetter(1.0, 0, "vehicle", "v1", "configured", "nats", "bad", "bad", 1, b"")
LETTER.payload = encode_message({})
LETTER.size = len(LETTER.payload)
ROLES = {"name": "ci", "roles": ["operator"]}

CHANGING: dict[str, Any] = {
    f"PATCH {TWIN}": {"owner": "customer/c1"},
    f"POST {TWIN}/ask/{{name}}": {},
    f"POST {TWIN}/events/{{event_type}}": {},
    f"POST {TWIN}/resume": None,
    f"POST {TWIN}/skip": None,
    "POST /v1/dead-letters/{kind}/{key}/{letter_id}/replay": None,
    f"PATCH {TWIN}/desired": {"rpm": 800},
    f"PUT {TWIN}/maintenance": {**BY, "for_s": 60},
    f"DELETE {TWIN}/maintenance": None,
    f"POST {TWIN}/commands": {"name": "honk"},
    f"POST {TWIN}/commands/{{command_id}}/cancel": {},
    "POST /v1/bulk": {**BY, "where": "kind = vehicle", "patch": {"owner": "customer/c1"}},
    "POST /v1/bulk/{job}/cancel": None,
    "POST /v1/import/{kind}": b"id,owner\nv1,customer/c1\n",
    "POST /v1/rules/{kind}/drafts": {**BY, "note": "hotter"},
    f"POST {DRAFT}/approve": BY,
    f"POST {DRAFT}/discard": BY,
    f"POST {DRAFT}/publish": BY,
    "POST /v1/rules/{kind}/rollback": {**BY, "version": 1},
    f"POST {AT}/leave-out": {**BY, "leg": "tow"},
    f"POST {AT}/choose": {**BY, "leg": "tow", "service": "tow_operator/t2"},
    f"POST {AT}/take-over": BY,
    "POST /v1/policies/{name}": {**BY, "level": "shadow"},
    "POST /v1/policies/{name}/stop": BY,
    "POST /v1/policies/{name}/resume": BY,
    "POST /v1/arrangements/{arrangement_id}/undo": BY,
    "POST /v1/persons/{kind}/{key}/erase": None,
    "POST /v1/engagement/{name}": {**BY, "learning": False},
    f"POST {CASE}/take": BY,
    f"POST {CASE}/notes": {**BY, "text": "called"},
    f"POST {CASE}/hand-over": {**BY, "employee": "employee/e2"},
    f"POST {CASE}/letters": {**BY, "subject": "Your car", "text": "It is ready."},
    f"POST {CASE}/close": BY,
    "POST /v1/sign-ins": ROLES,
    "POST /v1/tokens": ROLES,
    "DELETE /v1/tokens/{token_id}": None,
}
"""Call -> what is sent with it."""

NOTHING: dict[str, str] = {
    "POST /v1/bulk/preview": "it counts",
    "POST /v1/rules/check": "it reads what was sent",
    "POST /v1/rules/test": "it tries what was sent, beside all twins",
    "POST /v1/backtests": "it replays history, beside all twins; the entry says that it began",
    "POST /v1/backtests/{backtest}/cancel": "it ends such a replay",
    f"POST {AT}/what-if": "it plays an incident once more, beside all twins",
}
"""Unsafe calls that change no twin and no credential -> what they do instead."""


class Touched(Changing):
    """Whatever is asked or told of a twin is answered, and changes a field of it."""

    def __init__(self) -> None:
        super().__init__()
        self.touches = 0

    async def ask(self, twin_id: str, name: str, data: Any, event_id: str) -> Any:
        """Change, and answer nothing: what a route makes of it is after the deed."""
        self.asked.append((twin_id, name, data, event_id))
        self._become(twin_id, data)

    def _become(self, twin_id: str, _: Any) -> None:
        self.touches += 1
        old = self.states[twin_id].state if twin_id in self.states else {}
        self.add(twin_id, 1000 + self.touches, **{**old, "touched": self.touches})


def url_of(call: Call, token: str) -> str:
    """Where something is that the call can be about."""
    url = call.path
    if call.path.startswith("/v1/arrangements/"):
        url = url.replace("{kind}/{key}", SUPERVISOR).replace("{arrangement_id}", ID)
    if call.need == Need.PRIVACY:
        url = url.replace("{kind}/{key}", "customer/c1")
    return url.format(
        kind="vehicle", key="v1", name="roadside", event_type="configured", command_id="c1",
        job="j1", draft_id="d1", case_id="case-1", token_id=token, letter_id=_id(LETTER),
    )  # fmt: skip


@pytest.fixture
def services() -> Touched:
    """A cluster in which there is one of everything."""
    found = Touched()
    case = Case(id="case-1", subject="vehicle/v1", reason="hot", skill="roadside",
                opened_at=START, state="taken", employee="employee/e1",
                person="customer/c1")  # fmt: skip
    found.add("vehicle/v1", 10_000, commands={"c1": COMMAND})
    found.letters = [LETTER]
    found.add("customer/c1", 10_000)
    found.add("desk/d1", 10_000, cases={"case-1": to_builtins(case)})
    found.add("bulk/j1", 10_000, state="running", where="", operation="patch")
    put(found, arrangement())
    return found


async def send(client: Client, call: Call, token: str) -> httpx2.Response:
    """Make a call as whoever may."""
    body = CHANGING[str(call)]
    headers = dict(AS_PRIVACY if call.need == Need.PRIVACY else AS_OPERATOR)
    if isinstance(body, bytes):
        headers["content-type"] = "text/csv"
        return await client.request(call.method, url_of(call, token), content=body, headers=headers)
    return await client.request(call.method, url_of(call, token), json=body, headers=headers)


async def test_every_change_is_entered_with_before_and_after(
    client: Client, services: Touched
) -> None:
    """All unsafe calls of people; but for those that change nothing, which are named.

    A call that is new has to be tried here, or to be named.
    """
    made = await client.post("/v1/tokens", json=ROLES, headers=AS_OPERATOR)
    token = made.json()["token"]["id"]
    calls = [
        call for call in calls_of(app_of(services))
        if not call.safe and Need(call.need) not in MET_BY
    ]  # fmt: skip
    assert CHANGING.keys() | NOTHING.keys() == {str(call) for call in calls}
    assert set() == CHANGING.keys() & NOTHING.keys()
    poor = []
    for call in calls:
        if str(call) in NOTHING:
            continue
        with capture_logs():  # a trace of each answer that is unreadable takes a second
            answer = await send(client, call, token)
        (entry,) = await entries(client, limit="1")
        assert answer.headers["x-request-id"] == entry["request"], str(call)
        assert entry["who"], str(call)
        assert entry["what"], str(call)
        if not any(tells(change) for change in entry["changes"]):
            poor.append((str(call), answer.status_code, answer.text[:300], entry["changes"]))

    assert [] == poor


def tells(change: dict[str, Any]) -> bool:
    """Whether it is known what was before and what is after; of a person's: which fields differ."""
    if change["masked"]:
        return "touched" in change["fields"] or "erasure" in (change["after"] or {})
    return bool(change["subject"] and change["what"]) and change["before"] != change["after"]
