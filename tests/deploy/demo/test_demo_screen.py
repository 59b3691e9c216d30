"""The screen: it says what is recorded and what is added, and tells the story in plain words."""

import io
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from deploy.demo.plan import ADDED
from deploy.demo.plot import Facts, Plot, judge
from deploy.demo.scene import LinkView, Scene
from deploy.demo.screen import BARS, picture, sparkline
from deploy.demo.stories.roadside import DECLINED, NO_TRUCK, PLOTS, RESCUED
from deploy.demo.watch import Telling
from deploy.demo.wording import price, span, told

RECORDED = Path(__file__).parent / "recorded"
NOW = 1_800_000_000.0


def telling(plot: Plot, name: str | None) -> Telling:
    """A story, as far as it was told in a real run, or not at all."""
    made = Telling(
        plot=plot,
        twin_id="vehicle/v29",
        supervisor_id="roadside/v29",
        customer="customer/c29",
        fires_s=15.0,
    )
    if name is not None:
        made.facts = msgspec.json.decode((RECORDED / f"{name}.json").read_bytes(), type=Facts)
        made.verdict = judge(plot, made.facts)
    return made


class Monotonic:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


def scene(lines: list[str] | None = None) -> Scene:
    """A scene in the middle of the first story."""
    made = Scene((lines if lines is not None else []).append, Monotonic())
    made.drives = "drives: recorded, 5 real OBD-II logs (monday)"
    made.added = list(ADDED)
    made.names = {"customer/c29": "Ada Frost"}
    made.tellings = [telling(RESCUED, "rescued"), telling(DECLINED, None), telling(NO_TRUCK, None)]
    made.live_url = "http://127.0.0.1:1/?token=t"
    return made


def shown(made: Scene, height: int = 50, width: int = 110) -> str:
    """What stands on the screen."""
    console = Console(width=width, file=io.StringIO(), record=True)
    console.print(picture(made, NOW, height))
    return console.export_text()


def test_while_it_starts_stages_are_shown() -> None:
    """Each with how long it took, or takes."""
    made = scene()
    made.stage("NATS server", 0.0)
    made._clock.now = 2.5  # type: ignore[attr-defined]  # the test's own clock
    made.stage("NATS server", 1.0)
    made.stage("Ray", 0.0)
    text = shown(made)

    assert "✓ NATS server" in text
    assert "2.5 s" in text
    assert "… Ray" in text
    assert "fleet" not in text


def test_it_says_what_is_recorded_and_what_is_added() -> None:
    """In its header, from the first picture to the last."""
    for fleet_at in (None, NOW):
        made = scene()
        made.fleet_at = fleet_at
        text = " ".join(shown(made, width=200).split())

        assert "drives: recorded, 5 real OBD-II logs" in text
        assert "added to them: " in text
        assert "routes and positions" in text
        assert "faults" in text


def test_a_link_is_shown_with_its_countdown() -> None:
    """Whole, so that it can be clicked or copied."""
    made = scene()
    made.fleet_at = NOW - 20
    url = "http://127.0.0.1:8080/offers/" + "x" * 60
    made.links = [LinkView("Ada Frost", "sms", url, NOW + 12.4)]
    text = shown(made)

    assert "Ada Frost has a message by sms. Tap it for her, you have 12 s:" in text
    assert url in text


def test_each_story_has_its_line() -> None:
    """Completed with its time, under way, or still to come."""
    made = scene()
    made.fleet_at = NOW - 20
    text = shown(made)
    took = made.tellings[0].seconds
    assert took is not None

    assert f"completed after {took:.0f} s" in text
    assert "begins 15 s after the start" in text
    assert "Ada Frost, vehicle/v29" in text


def test_the_story_fits_the_terminal() -> None:
    """However small it is, the last step is there; a large one shows them all."""
    made = scene()
    made.fleet_at = NOW - 20
    small, large = shown(made, 24), shown(made, 100)

    assert "closed" in small
    assert "overheats: ten rises" not in small
    assert "overheats: ten rises" in large
    assert len(small.splitlines()) < len(large.splitlines())


@pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: plot.name)
def test_every_story_is_told_in_words(plot: Plot) -> None:
    """No place in the words is left empty, and the order is that of the steps."""
    made = telling(plot, plot.name.replace(" ", "_"))
    lines = list(told(made, {"customer/c29": "Ada {twin} Frost"}, "sms"))

    assert len(lines) > 10
    assert [step.at for step, _ in lines] == sorted(step.at for step, _ in lines)
    assert not any("{" in words.replace("{twin} Frost", "") for _, words in lines)


def test_of_the_trucks_way_only_the_last_place_is_told() -> None:
    """The bar shows the rest."""
    made = telling(RESCUED, "rescued")
    names = [step.name for step, _ in told(made, {})]
    moves = [step for step in made.verdict.steps if step.name == "tow.moved"]

    assert len(moves) > 1
    assert 1 == names.count("tow.moved")


def test_the_log_has_each_step_once() -> None:
    """However often one looks, and also what is seen late."""
    lines: list[str] = []
    made = scene(lines)
    made.fleet_at = made.tellings[0].verdict.steps[0].at - 15.0
    made.hear()
    told_once = len(lines)
    made.hear()

    assert told_once == len(lines) == len(made.tellings[0].verdict.steps)
    assert lines[0].startswith("  15.00 s  rescued           signal.noticed")


def test_the_log_has_each_stage_once() -> None:
    """When it is done, with the time it took."""
    lines: list[str] = []
    made = scene(lines)
    for share in (0.0, 0.5, 1.0, 1.0):
        made.stage("430 twins", share)

    assert ["430 twins: 0.0 s"] == lines


def test_at_the_end_only_its_own_stages_are_shown() -> None:
    """How it began is old news."""
    made = scene()
    made.stage("Ray", 0.0)
    made.stage("Ray", 1.0)
    made.fleet_at = NOW - 20
    made.ending = True
    made.stage("last checkpoints", 0.0)
    text = shown(made)

    assert "last checkpoints" in text
    assert "✓ Ray" not in text
    assert "nothing of ours runs" in text


def test_a_sparkline_goes_from_nothing_to_the_highest() -> None:
    """One bar a value; all zeros are nothing to show."""
    assert "" == sparkline([])
    assert "" == sparkline([0, 0])
    assert BARS[0] + BARS[-1] == sparkline([0, 200])
    assert 3 == len(sparkline([1, 5, 3]))


def test_prices_and_spans_are_for_people() -> None:
    """In the unit that suits them."""
    assert "EUR 1,250.05" == price(125_005, "EUR")
    assert "45 s" == span(45.4)
    assert "9 min" == span(540)
    assert "6,000 h" == span(6_000 * 3600)
