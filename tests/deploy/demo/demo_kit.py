"""What the demo's tests share: small drives, a plan of a car, an API that lives in memory."""

from collections.abc import Iterable
from typing import Any

from actors.state import TwinState
from actors.supervisors.offer import Line, Offer
from deploy.demo.inbox import Message
from gateway.twin_views import Asked, Sent
from load.drives.fleet import CarPlan
from load.drives.routes import route
from load.drives.sample import Drive, Sample

HELSINKI = (60.17, 24.94)


def drive(coolant: Iterable[float], speeds: Iterable[float], name: str = "made") -> Drive:
    """A drive with a sample a second."""
    samples = tuple(
        Sample(at_s=float(at), coolant_c=float(c), speed_kmh=float(v), rpm=1500.0)
        for at, (c, v) in enumerate(zip(coolant, speeds, strict=True))
    )
    return Drive(name=name, source="simulated", samples=samples)


def plan(made: Drive, key: str = "v1", role: Any = "overheating") -> CarPlan:
    """A car that drives it from its beginning."""
    return CarPlan(key, made, 0.0, route(1, HELSINKI), role)


def state(twin_id: str, **fields: Any) -> TwinState:
    """A twin as the API shows it."""
    return TwinState(
        id=twin_id, kind=twin_id.partition("/")[0], epoch=1, position=1, now=0.0, applied=1,
        digest=0, exists=True, state=fields,
    )  # fmt: skip


class FakeApi:
    """An API whose twins are given; it keeps what it was asked."""

    def __init__(self, *states: TwinState) -> None:
        self.states = {each.id: each for each in states}
        self.asked: list[tuple[str, str, Any, str]] = []
        self.sent: list[tuple[str, str, Any, str]] = []

    async def state(self, twin_id: str) -> TwinState:
        """The twin as given, else a new one."""
        return self.states.get(twin_id) or state(twin_id)

    async def ask(self, twin_id: str, name: str, data: Any, event_id: str) -> Asked:
        """Keep the call."""
        self.asked.append((twin_id, name, data, event_id))
        return Asked(twin_id=twin_id, event_id=event_id, value=None)

    async def send(self, twin_id: str, event_type: str, data: Any, event_id: str) -> Sent:
        """Keep the event."""
        self.sent.append((twin_id, event_type, data, event_id))
        return Sent(twin_id=twin_id, event_id=event_id, partition=0, position=len(self.sent))


def message(**changes: Any) -> Message:
    """A message with an offer of four lines, one of which cannot be declined."""
    lines = [
        Line(leg=leg, what=leg, price_cents=0, cost_cents=100, declinable=leg != "cover")
        for leg in ("tow", "ride", "rental", "cover")
    ]
    offer = Offer(
        supervisor="roadside/v1", arrangement_id="arr", customer="customer/c1", language="en",
        currency="EUR", lines=lines, total_cents=0, expires_at=1000.0,
    )  # fmt: skip
    fields: dict[str, Any] = {
        "id": "m1", "to": "customer/c1", "name": "Ada", "language": "en", "subject": "Help",
        "text": "…", "link": "http://127.0.0.1:9/offers/x", "offer": offer,
    }  # fmt: skip
    return Message(**fields | changes)
