"""Arrangements as supervisors keep them, for tests of what people see of them."""

from typing import Any

from msgspec import to_builtins
from support.fake_services import START, FakeServices

from actors.state import TwinState
from actors.supervisors.arrangement import Arrangement, Leg, LegState, Option
from actors.supervisors.arrangement import State as Stage
from actors.supervisors.offer import Line, Offer
from actors.supervisors.standing import Track, Verdict
from twins.outputs import Signal
from twins.services.messages import Offered

ID = "arr-1"
SUPERVISOR = "roadside/v1"
HERE = (60.17, 24.94)
ENDS = START + 600.0

_WHAT = {"tow": "Tow truck", "slot": "Service slot", "rental": "Rental car", "cover": "Insurance"}
_PRICE = {
    "tow": (0, 14_900),
    "slot": (8_900, 8_900),
    "rental": (5_400, 5_400),
    "cover": (15_000, 15_000),
}


def arrangement(stage: Stage = Stage.OFFERED, **change: Any) -> Arrangement:
    """An arrangement of tow, slot, rental and cover; held, or confirmed when it is further on."""
    signal = Signal(
        "s1",
        "engine.overheating",
        "vehicle/v1",
        START,
        {"position": list(HERE), "coolant_c": 107.0},
    )
    arr = Arrangement.of(signal, SUPERVISOR, "desk/d1", START)
    arr.id = ID
    arr.state = stage
    held = stage in {Stage.OFFERED, Stage.CONFIRMING}
    state = LegState.HELD if held else LegState.CONFIRMED
    for name in _WHAT:
        offered = Offered(offer_id="o1", price_cents=_PRICE[name][1], currency="EUR")
        leg = Leg(name=name, state=state, last=name == "cover")
        leg.choice = Option(service=f"{name}_co/x", name=f"{name} & Sons", offer=offered)
        leg.eta_s = 700.0 if name == "tow" else None
        leg.starts_at, leg.ends_at = (
            (START + 3600.0, START + 7200.0) if name == "slot" else (None, None)
        )
        arr.legs[name] = leg
    arr.offer = to_builtins(
        Offer(
            supervisor=SUPERVISOR,
            arrangement_id=ID,
            customer="customer/c1",
            language="en",
            currency="EUR",
            lines=[
                Line(
                    leg=name,
                    what=what,
                    by=f"{name} & Sons",
                    price_cents=_PRICE[name][0],
                    cost_cents=_PRICE[name][1],
                    declinable=name != "cover",
                    eta_s=arr.legs[name].eta_s,
                    starts_at=arr.legs[name].starts_at,
                    ends_at=arr.legs[name].ends_at,
                )
                for name, what in _WHAT.items()
            ],
            total_cents=sum(price for price, _ in _PRICE.values()),
            expires_at=ENDS,
        )
    )
    arr.step("signal.noticed", START, "vehicle/v1")
    arr.step("tow.held", START + 1, "tow_co/x", hold_id="arr-1.tow.1")
    for name, value in change.items():
        setattr(arr, name, value)
    return arr


def accepted(accept: bool = True) -> Verdict:
    """What the customer said."""
    return Verdict(accept=accept, declined=[], answered_by="customer", at=START + 30)


def truck(*, arrived: bool = False) -> Track:
    """The tow truck, a bit south of the car."""
    position = HERE if arrived else (HERE[0] - 0.02, HERE[1])
    return Track(leg="tow", service="tow_co/x", position=position, eta_s=240.0, arrived=arrived)


def put(services: FakeServices, arr: Arrangement, position: int = 7) -> TwinState:
    """Let the supervisor have it."""
    return services.add(SUPERVISOR, position, arrangement=to_builtins(arr))
