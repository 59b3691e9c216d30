"""`vigil policies`, `vigil outcomes`, `vigil undo`, over a city in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.api_server import served
from support.city_shell import Shell
from support.policy_services import CityServices
from support.story import YES

from actors.supervisors.arrangement import State


@pytest.fixture
def vigil(tmp_path: Path) -> Iterator[Shell]:
    """A new city, and the command."""
    with served(CityServices()) as server:
        yield Shell(server, tmp_path)


def underway(vigil: Shell) -> None:
    """Let help be on its way."""
    vigil.city.world.customer = lambda _: YES
    vigil.play(vigil.city.overheat)
    done = lambda: vigil.city.arrangement.state is State.UNDERWAY  # noqa: E731 - a condition
    vigil.play(lambda: vigil.city.world.run_until(done))


def test_a_policy_from_its_first_setting_to_its_stop(vigil: Shell) -> None:
    """Set before anybody asks, live at once; what is under way is told of a stop."""
    assert "No policy has been asked" in vigil("policies", "list").stdout
    assert "No supervisor has asked it" in vigil("policies", "show", "roadside").stdout

    vigil("policies", "set", "roadside", "level=act", "day_cents.EUR=100000", "holdout=0", "-m",
          "the first week")  # fmt: skip
    underway(vigil)
    listed = vigil("policies", "list").stdout
    shown = vigil("policies", "show", "roadside").stdout
    stopped = vigil("policies", "stop", "all", "-m", "fire").stdout
    one = vigil.json("policies", "show", "roadside")
    vigil("policies", "resume", "all")

    assert "334.00 EUR" in listed
    assert "1 of 1 (21% to 100%)" in shown
    assert "the first week" in shown
    assert "policy/all was stopped by ann: fire" in stopped
    assert "every policy was stopped by ann: fire" == one["stopped"]
    assert vigil.json("policies", "show", "roadside")["stopped"] is None
    assert vigil.city.arrangement.case is not None


def test_limits_are_set_one_by_one(vigil: Shell) -> None:
    """An entry leaves the others as they are, null takes it away, an empty object all of them."""

    def after(*settings: str) -> object:
        return vigil.json("policies", "set", "roadside", *settings)["settings"]["day_cents"]

    vigil("policies", "set", "roadside", "day_cents.EUR=100", "day_cents.USD=200")
    both = after("day_cents.EUR=300")
    one = after("day_cents.EUR=null")
    none = after("day_cents={}")

    assert ({"EUR": 300, "USD": 200}, {"USD": 200}, {}) == (both, one, none)


@pytest.mark.parametrize(
    ("setting", "code", "says"),
    [
        ("level", 2, "write level=propose"),
        ("level=most", 1, "Invalid enum value"),
        ("pinned.a=1", 2, "pinned has no entries"),
        ("speed=3", 1, "speed"),
    ],
)
def test_what_cannot_be_set_is_said(vigil: Shell, setting: str, code: int, says: str) -> None:
    """Typing errors are refused before or by the policy's twin, never passed over."""
    assert says in vigil("policies", "set", "roadside", setting, code=code).stderr


def test_outcomes_say_when_there_is_nothing_to_compare(vigil: Shell) -> None:
    """No figure without anybody held out."""
    assert "No policy has been asked" in vigil("outcomes").stdout
    underway(vigil)
    shown = vigil("outcomes").stdout

    assert "roadside: 0.0% held out, 1 still followed" in shown
    assert "calls avoided: unknown" in shown
    assert ["roadside"] == [one["policy"] for one in vigil.json("outcomes", "roadside")]
    assert ["roadside"] == [one["policy"] for one in vigil.json("outcomes", "--so-far")]


def test_undo_says_what_is_given_back_and_what_stays(vigil: Shell) -> None:
    """And an arrangement that nobody has is an error that says what to do."""
    underway(vigil)
    id_ = vigil.city.arrangement.id
    undone = vigil("undo", id_).stdout
    again = vigil("undo", id_).stdout
    unknown = vigil("undo", "nothing", code=1)

    assert "being given back: cover, tow, slot, ride, rental" in undone
    assert "cannot be undone: warn_driver: the vehicle has done it" in undone
    assert "Nothing of it is held or booked." in again
    assert "no supervisor has the arrangement nothing" in unknown.stderr
    assert State.COMPENSATED is vigil.city.arrangement.state
