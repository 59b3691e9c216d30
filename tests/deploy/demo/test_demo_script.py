"""Stories that are told from a list: whether the twins would take what each of them says."""

import asyncio
from pathlib import Path
from random import Random
from typing import Any

import pytest
from msgspec import structs

import actors.supervisors
import twins.devices
import twins.people
import twins.services
from actors.supervisors.arrangement import Arrangement, State
from actors.testing import START, FakeProvider, Fleet
from deploy.demo.memory import Memory, home_of
from deploy.demo.plot import Facts, judge
from deploy.demo.scene import FleetView
from deploy.demo.script import Devices, Scripted
from deploy.demo.stories import DEFAULT, find, names
from deploy.demo.stories.care import DOCTOR
from deploy.demo.stories.flight import AGAIN
from deploy.demo.stories.service import ASLEEP, HOLD_S, NIGHT_S
from deploy.demo.story import Seat
from deploy.errors import DeployError
from twins.handler import Origin
from twins.kind import kind_of
from twins.outputs import Signal

assert actors.supervisors, "importing it registers the kinds"
assert twins.devices, "the same"
assert twins.people, "the same"
assert twins.services, "the same"

SCRIPTED = [name for name in names() if name != DEFAULT]


def told(name: str, run: int = 1) -> Scripted:
    """A story, before it is told."""
    seat = Seat(
        seed=1,
        cars=20,
        patience_s=3.0,
        drives=None,
        memory=Memory(runs=run),
        began_at=START,
        streets=Path("nowhere"),
    )
    story: Any = find(name)(seat)
    assert isinstance(story, Scripted)
    return story


@pytest.mark.parametrize("name", SCRIPTED)
def test_the_twins_take_what_a_story_says(name: str) -> None:
    """Master data, every message, and the supervisor: nothing is misspelt."""
    story, fleet = told(name), Fleet()
    cast = story.cast("http://127.0.0.1:9", "http://127.0.0.1:8")
    for provider in story.world().providers:
        fleet.providers[f"http://127.0.0.1:9/providers/{provider.provider_id}"] = FakeProvider(
            provider.sells
        )
    for master in (*cast.masters, *story.clocked(fleet.now)):
        fleet.tell(master.twin_id, "configured", master.settings)
    for tale in story.tales:
        assert tale.customer in cast.people
        assert kind_of(tale.supervisor_id.partition("/")[0])
        for part in tale.parts:
            for say in (*part.says, *(say for obey in part.obeys.values() for say in obey.then)):
                fleet.send(part.twin_id, say.event_type, say.data, origin=Origin.DEVICE)
    fleet.run()

    assert {tale.twin_id for tale in story.tales} <= {each.twin_id for each in fleet.signals}
    assert all(fleet.twin(desk).employees for desk in cast.desks)


@pytest.mark.parametrize("name", SCRIPTED)
def test_another_run_meets_nobody_of_the_first(name: str) -> None:
    """So an arrangement that lies with a person there does not keep this one from starting."""
    first, second = ({tale.supervisor_id for tale in told(name, run).tales} for run in (1, 2))

    assert not first & second


def booked_of(story: Scripted) -> set[tuple[str, str]]:
    """All that could be booked, of which company; vehicles are free again when they have driven."""
    return {
        (provider.provider_id, item)
        for provider in story.companies()
        for item in (
            *getattr(provider, "bays", ()),
            *(each.item for name in ("cars", "goods") for each in getattr(provider, name, ())),
        )
    }


@pytest.mark.parametrize("name", [name for name in SCRIPTED if name != "shortage"])
def test_another_run_finds_all_free(name: str) -> None:
    """What the first booked stays booked in the companies' books; `shortage` books trucks only."""
    first, second = (booked_of(told(name, run)) for run in (1, 2))

    assert not first & second
    assert len(first) == len(second)


def test_an_unknown_story_is_named() -> None:
    """With those that there are."""
    with pytest.raises(DeployError, match="no story 'none'; there are: care, "):
        find("none")


@pytest.mark.parametrize(("took_s", "missing"), [(0.9, 0), (1.1, 1)])
def test_a_plot_may_say_how_fast(took_s: float, missing: int) -> None:
    """A second is a second; the sentence says how long it took."""
    signal = Signal("s1", "vitals.critical", "monitor/m1", START, {})
    arr = Arrangement.of(signal, "care/m1", "desk/d1", START)
    arr.step("signal.noticed", START, "monitor/m1")
    arr.step("case.opened", START + took_s, "desk/d1")
    plot = structs.replace(DOCTOR, chains=(("signal.noticed", "case.opened"),), person=False)
    slow = [text for text in judge(plot, Facts(arrangement=arr)).missing if "not within 1" in text]

    assert missing == len(slow)


def test_each_story_keeps_its_own_books(tmp_path: Path) -> None:
    """Companies of one story are no companies of another; their books lie apart."""
    assert len(names()) == len({home_of(tmp_path, name) for name in names()})


# -- a busy machine ------------------------------------------------------------------------------

LOOKS = 100
"""So often is looked before a step is there."""


@pytest.mark.parametrize("seed", range(5))
def test_however_slow_the_start_is_the_sleeper_is_not_woken(seed: int) -> None:
    """Her night is told last, so that her offer is always put off, and made when she wakes."""
    drawn = Random(f"sleeper {seed}")
    start_s, late_s = drawn.uniform(0.0, 600.0), drawn.uniform(0.0, 20.0)
    print(f"seed {seed}: the start takes {start_s:.0f} s, her lamp {late_s:.0f} s")  # noqa: T201 - shown where a test fails
    story, fleet = told("service"), Fleet()
    cast = story.cast("http://127.0.0.1:9", "http://127.0.0.1:8")
    cents = {"price_cents": 4500, "currency": "EUR"}
    for name, sells in (("garage", "slot"), ("depot", "rental")):
        fleet.providers[f"http://127.0.0.1:9/providers/{name}"] = FakeProvider(
            sells,
            [{**cents, "offer_id": f"{name}-{number}"} for number in range(3)],
            hold_limit_s=HOLD_S,
        )
    fleet.customer = lambda _: {"accept": True, "alternative": 1}
    for master in cast.masters:
        fleet.tell(master.twin_id, "configured", master.settings)
    fleet.advance(start_s)
    began_at = fleet.now
    for master in story.clocked(began_at):
        fleet.tell(master.twin_id, "configured", master.settings)
    fleet.advance(late_s)
    tale = story.tales[story.plots.index(ASLEEP)]
    say = tale.parts[0].says[0]
    fleet.measure(tale.twin_id, say.data, say.event_type)
    fleet.run_until(lambda: fleet.twin(tale.supervisor_id).arrangement.ended)
    arr = fleet.twin(tale.supervisor_id).arrangement
    at = {step.name: step.at for step in reversed(arr.steps)}

    assert State.CLOSED is arr.state
    assert at["offer.put_off"] < began_at + NIGHT_S - 1.0 <= at["offer.sent"]


class Heard:
    """A connection whose devices only note what they send."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []

    def device(self, key: str, **_: Any) -> Any:
        """A device."""
        heard = self

        class Sending:
            """It."""

            async def send(self, event_type: str, data: Any, *, at: float) -> None:  # noqa: ARG002 - as a device takes it
                """Note it."""
                heard.sent.append((f"{key} {event_type}", data))

        return Sending()

    def statistics(self) -> list[Any]:
        """None."""
        return []


async def test_what_follows_from_a_step_waits_for_it() -> None:
    """However often one has to look; what names no step waits for its time alone."""
    story = told("flight")
    story.cast("http://127.0.0.1:9", "http://127.0.0.1:8")
    tellings = story.tellings()
    telling = tellings[story.plots.index(AGAIN)]
    part = next(part for part in story.tales[2].parts if part.says[0].once)
    signal = Signal("s1", "connection.missed", telling.twin_id, START, {})
    arr = telling.facts.arrangement = Arrangement.of(signal, telling.supervisor_id, "desk/d", START)
    heard, looked, early, seen = Heard(), 0, [True], asyncio.Event()

    async def sleep(_: float) -> None:
        nonlocal looked
        looked += 1
        if looked == LOOKS:
            early[:] = heard.sent
            arr.step("trip.rebooked", START, telling.twin_id)
        if heard.sent:
            seen.set()
        await asyncio.sleep(0)

    fleets: Any = {"plane": heard}
    devices = Devices([(part, telling)], fleets, FleetView(), sleep=sleep)
    running = asyncio.create_task(devices.run())
    await seen.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert [] == early
    assert [("PL31-1 telemetry", {"cancelled": True})] == heard.sent
