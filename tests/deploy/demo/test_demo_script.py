"""Stories that are told from a list: whether the twins would take what each of them says."""

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

import actors.supervisors
import twins.devices
import twins.people
import twins.services
from actors.supervisors.arrangement import Arrangement
from actors.testing import START, FakeProvider, Fleet
from deploy.demo.memory import Memory, home_of
from deploy.demo.plot import Facts, judge
from deploy.demo.script import Scripted
from deploy.demo.stories import DEFAULT, find, names
from deploy.demo.stories.care import DOCTOR
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
    for master in cast.masters:
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
