"""Promised times against real arrivals, and the order of trucks against how bad each case was."""

from collections.abc import Callable
from random import Random
from statistics import median
from typing import Any

import pytest
from msgspec import structs

from deploy.demo.truths import Booked, Truth, arrivals, turns
from deploy.demo.truths.arrivals import Bounds, Caller, Promise
from deploy.demo.truths.turns import Case

START = 1_000_000.0
BOUNDS = Bounds(wait_s=8.0, coming_s=5.0, misled_s=5.0)


def promise(what: str, at: float, arrives_at: float, *, heard: bool = True) -> Promise:
    """She was told a time; seconds after the start."""
    return Promise(what=what, at=START + at, arrives_at=START + arrives_at, heard=heard)


class Scene:
    """Three cars and one truck, and all is as it should be; a test changes some of it."""

    def __init__(self) -> None:
        self.cases = [
            self.case(1, 30.0, 0.0, promise("coming", 1.0, 5.0)),
            self.case(
                2, 40.0, 1.0, promise("wait", 2.0, 20.0), promise("wait", 4.0, 35.0),
                promise("coming", 31.0, 36.0),
            ),
            self.case(3, 80.0, 2.0, promise("wait", 4.0, 20.0), promise("coming", 16.0, 21.5)),
        ]  # fmt: skip
        self.booked = [
            self.truck(1, held=0.5, out=1.0, there=5.0),
            self.truck(2, held=30.0, out=31.0, there=35.5),
            self.truck(3, held=15.0, out=16.0, there=21.0),
        ]

    @staticmethod
    def case(number: int, urgency: float, called: float, *promises: Promise) -> Case:
        """Somebody has called."""
        caller = Caller(
            customer_id=f"customer/c{number}", called_at=START + called, promises=promises
        )
        return Case(caller=caller, urgency=urgency)

    @staticmethod
    def truck(number: int, held: float, out: float, there: float, **changes: Any) -> Booked:
        """The company has sent one."""
        fields: dict[str, Any] = {
            "provider_id": "t1", "hold_id": f"h{number}", "arrangement_id": f"a{number}",
            "customer_id": f"customer/c{number}", "item": "truck-1", "state": "done",
            "held_at": START + held, "set_out_at": START + out, "there_at": START + there,
        }  # fmt: skip
        return Booked(**fields | changes)

    def change(self, number: int, **changes: Any) -> None:
        """A truck's truth is another one."""
        self.booked[number - 1] = structs.replace(self.booked[number - 1], **changes)

    def promised(self, number: int, *promises: Promise) -> None:
        """She was told other times."""
        case = self.cases[number - 1]
        self.cases[number - 1] = structs.replace(
            case, caller=structs.replace(case.caller, promises=promises)
        )

    def arrivals(self) -> Truth:
        """What was promised, held against what came."""
        return arrivals.compare([case.caller for case in self.cases], self.booked, BOUNDS)

    def turns(self) -> Truth:
        """The order, held against the calls."""
        return turns.compare(self.cases, self.booked)


Change = Callable[[Scene], object]


def test_what_was_promised_came() -> None:
    """Of waiting times the last one before the truck counts; all errors are told."""
    truth = Scene().arrivals()

    assert () == truth.problems
    assert {"promises": 2, "median_s": 0.75, "worst_s": 1.0} == truth.figures["wait"]
    assert {"promises": 3, "median_s": -0.5, "worst_s": -0.5} == truth.figures["coming"]
    assert 1 == truth.figures["replaced"]
    assert [0.0, 2.0, 0.0] == [each["misled_s"] for each in truth.figures["callers"]]
    assert "+0.8 s (median), +1.0 s (worst of 2)" in truth.says


@pytest.mark.parametrize("seed", range(5))
def test_the_figures_are_those_of_all(seed: int) -> None:
    """However far off each of them is, and whether sooner or later."""
    drawn, scene = Random(seed), Scene()
    off = [drawn.uniform(-20.0, 20.0) for _ in range(3)]
    for number, late_s in enumerate(off, 1):
        scene.promised(number, promise("coming", 1.0, 100.0))
        scene.change(number, there_at=START + 100.0 + late_s, set_out_at=START + 3.0)
    truth = scene.arrivals()

    assert pytest.approx(median(off), abs=0.001) == truth.figures["coming"]["median_s"]
    assert pytest.approx(max(off, key=abs), abs=0.001) == truth.figures["coming"]["worst_s"]
    assert sum(abs(late_s) > BOUNDS.coming_s for late_s in off) == len(truth.problems)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s.change(1, there_at=START + 10.5), "c1 came 5.5 s later than she was told (co"),
        (lambda s: s.change(3, there_at=START + 16.2), "c3 came 5.3 s sooner than she was told (c"),
        (lambda s: s.change(2, there_at=START + 43.5), "c2 came 8.5 s later than she was told (wa"),
        (lambda s: s.promised(2, promise("wait", 2.0, 20.0), promise("coming", 31.0, 36.0)),
         "c2 came 15.5 s later than she was told (wait)"),
        (lambda s: s.promised(2, promise("coming", 31.0, 36.0)),
         "c2 was told no time while she waited 30.0 s"),
        (lambda s: s.promised(2, promise("wait", 31.5, 35.0), promise("coming", 31.0, 36.0)),
         "c2 was told no time while she waited 30.0 s"),
        (lambda s: s.promised(2, promise("wait", 2.0, 20.0), promise("wait", 7.5, 35.0)),
         "c2 waited 5.5 s with a time that was off by more than 8 s"),
        # Told again and again, and right in the last moment.
        (lambda s: s.promised(2, *(promise("wait", at, at + 4.0) for at in range(2, 25, 3)),
                              promise("wait", 30.0, 35.0)),
         "c2 waited 28.0 s with a time that was off by more than 8 s"),
        (lambda s: s.promised(1), "c1 was not told that her truck is on its way"),
        (lambda s: s.promised(1, promise("coming", 1.0, 5.0, heard=False)),
         "no message with what customer/c1 was promised has reached her"),
        (lambda s: s.change(1, state="released"), "no truck has come to customer/c1"),
        (lambda s: s.change(1, there_at=None), "no truck has come to customer/c1"),
        (lambda s: s.change(1, customer_id="customer/c9"), "no truck has come to customer/c1"),
        (lambda s: s.booked.clear(), "no truck has come to customer/c3"),
        (lambda s: s.cases.clear(), "nobody has called"),
    ],
)  # fmt: skip
def test_a_promise_that_was_not_kept_is_noticed(change: Change, said: str) -> None:
    """Too late, too soon, not told, not heard, or never come."""
    scene = Scene()
    change(scene)

    assert any(said in problem for problem in scene.arrivals().problems)


# -- the order -----------------------------------------------------------------------------------


def test_the_order_by_urgency_and_waiting_is_so() -> None:
    """The last one to call is the most urgent: she is before who was told a time."""
    truth = Scene().turns()

    assert () == truth.problems
    assert [30.0, 80.0, 40.0] == [each["urgency"] for each in truth.figures["served"]]
    assert 1 == truth.figures["compared"]


def swapped(scene: Scene) -> None:
    """The second one had the truck that the third should have had."""
    second, third = (scene.booked[number].held_at for number in (1, 2))
    scene.change(2, held_at=third)
    scene.change(3, held_at=second)


def urgency(number: int, points: float) -> Change:
    """A case is as bad as this."""

    def change(scene: Scene) -> None:
        scene.cases[number - 1] = structs.replace(scene.cases[number - 1], urgency=points)

    return change


def both(*changes: Change) -> Change:
    """One after the other."""

    def change(scene: Scene) -> None:
        for each in changes:
            each(scene)

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (swapped, "c2 had a truck with 40.2 points, while customer/c3 waited with 80.2"),
        (urgency(2, 91.0), "c3 had a truck with 80.2 points, while customer/c2 waited with 91.2"),
        (both(swapped, urgency(3, 51.0)), "while customer/c3 waited with 51.2"),
        # Untold she must have ten points more to go before somebody who was told.
        (both(urgency(3, 45.0), lambda s: s.promised(3)), "c3 had a truck with 45.2 points"),
        # Nobody was told anything: each point counts.
        (both(swapped, urgency(3, 41.0), lambda s: s.promised(2), lambda s: s.promised(3)),
         "c2 had a truck with 40.2 points"),
    ],
)  # fmt: skip
def test_an_order_that_is_off_is_noticed(change: Change, said: str) -> None:
    """Whoever should have been first is named, with her points."""
    scene = Scene()
    change(scene)
    (problem,) = scene.turns().problems

    assert said in problem


@pytest.mark.parametrize(
    "change",
    [
        both(swapped, urgency(3, 49.0)),
        both(urgency(3, 55.0), lambda s: s.promised(3)),
        urgency(2, 89.0),
    ],
)
def test_who_was_told_a_time_keeps_her_place(change: Change) -> None:
    """Ten points are hers: another one with fewer more is behind, as she would be behind her."""
    scene = Scene()
    change(scene)

    assert () == scene.turns().problems


def test_a_minute_of_waiting_is_a_point() -> None:
    """So who has waited for an hour is before a case that is fifty points worse."""
    scene = Scene()
    old = structs.replace(scene.cases[1].caller, called_at=START - 3600.0)
    scene.cases[1] = structs.replace(scene.cases[1], caller=old)
    found = scene.turns().problems

    assert "c3 had a truck with 80.2 points, while customer/c2 waited with 100.2" in found[-1]


def test_who_cannot_pass_the_one_before_her_passes_nobody() -> None:
    """The third is 12 points worse than the first, and 6 than the second, who is between."""
    scene = Scene()
    scene.cases.append(scene.case(4, 46.0, 3.0, promise("wait", 4.0, 50.0)))
    scene.booked.append(scene.truck(4, held=60.0, out=61.0, there=65.0))
    both(urgency(2, 40.0), urgency(3, 34.0))(scene)

    assert () == scene.turns().problems

    scene.cases[1] = structs.replace(scene.cases[1], urgency=30.0)

    assert any("customer/c4 waited with 46" in each for each in scene.turns().problems)


def test_one_alone_shows_no_order() -> None:
    """What cannot fail proves nothing; and who calls in the last moment could not be first."""
    scene = Scene()
    for number in (2, 3):
        scene.change(number, held_at=START + 4.0 + number)
    said = "no two waited for one truck, so no order was shown"

    assert (said,) == scene.turns().problems
