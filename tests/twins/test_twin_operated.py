"""What operators say of any twin: patches, wishes, maintenance."""

from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, field

from twins.devices.commands import Commanded, Spec
from twins.errors import BadPayload, NotPatchable, StaleRevision
from twins.event import Reading
from twins.handler import ask, on, told
from twins.ids import CustomerId
from twins.operated import delta, merged, patchable
from twins.settings import UNSET, Settings, UnsetType
from twins.testing import Trial
from twins.twin import Twin

HOT = {
    "rule": "stove.hot", "on": "telemetry", "when": "plate_c > 200",
    "then": [{"signal": "stove.hot"}],
}  # fmt: skip
KNOCK = {"rule": "stove.knocked", "on": "knock", "then": [{"signal": "stove.knocked"}]}
NAMED = {
    "rule": "stove.named", "on": "configured", "when": 'name == "hob"',
    "then": [{"signal": "stove.named"}],
}  # fmt: skip


class PlateReading(Reading):
    """What a stove measures."""

    plate_c: Annotated[float, Meta(ge=-40, le=900)] | None = None
    mode: str | None = None


class StoveSettings(Settings):
    """What others may set."""

    name: Annotated[str, Meta(max_length=20)] | UnsetType = UNSET
    owner: CustomerId | UnsetType | None = UNSET
    limits: dict[str, int] | UnsetType = UNSET


class Stove(Commanded, kind="stove"):
    """A stove."""

    rules = (HOT, KNOCK, NAMED)
    takes = {"write_properties": Spec()}  # noqa: RUF012 - as kinds declare it

    plate_c: float | None = None
    mode: str | None = None
    name: str = ""
    owner: CustomerId | None = None
    limits: dict[str, int] = field(default_factory=dict)
    set_times: int = 0

    @told("configured")
    def configured(self, settings: StoveSettings) -> None:
        """Take over, and count it."""
        settings.apply(self)
        self.set_times += 1

    @on("telemetry")
    def telemetry(self, reading: PlateReading) -> None:
        """Take over."""
        self.update(reading)

    @on("knock")
    def knock(self) -> None:
        """Somebody knocks."""

    @ask("shout")
    def shout(self) -> str:
        """Signal something itself."""
        return self.signal("stove.shouted").id


class Stone(Twin, kind="stone"):
    """Nothing to be set."""


@pytest.fixture
def stove() -> Trial:
    """One, new."""
    return Trial("stove/s1")


def names(trial: Trial) -> list[str]:
    """What was signalled."""
    return [signal.name for signal in trial.signals]


# -- patches -------------------------------------------------------------------------------------


def test_patch_sets_what_configured_would(stove: Trial) -> None:
    """By the kind's own handler, and its rules look as if it had come so."""
    answer = stove.ask("vigil.patch", {"merge": {"name": "hob", "owner": "customer/c1"}})

    assert "1" == answer.revision
    assert ("hob", "customer/c1", 1) == (stove.twin.name, stove.twin.owner, stove.twin.set_times)
    assert ["stove.named"] == names(stove)


def test_patch_merges_within_and_null_removes(stove: Trial) -> None:
    """As RFC 7396 says; what is not named stays."""
    stove.ask("vigil.patch", {"merge": {"owner": "customer/c1", "limits": {"a": 1, "b": 2}}})
    stove.ask("vigil.patch", {"merge": {"owner": None, "limits": {"a": None, "c": 3}}})

    assert (None, {"b": 2, "c": 3}) == (stove.twin.owner, stove.twin.limits)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("plate_c", "only the device of a stove can say that"),
        ("set_times", "keeps that itself"),
        ("key", "keeps that itself"),
        ("operated", "keeps that itself"),
        ("nam", "did you mean name?"),
    ],
)
def test_only_what_the_kind_declares_is_patched(stove: Trial, name: str, said: str) -> None:
    """A measurement least of all; the text says what may be, or what is near."""
    with pytest.raises(NotPatchable, match=said):
        stove.ask("vigil.patch", {"merge": {name: 1}})

    assert 0 == stove.twin.set_times


def test_kind_without_settings_is_not_patched() -> None:
    """And says so."""
    with pytest.raises(NotPatchable, match="nothing that a patch may set"):
        Trial("stone/s1").ask("vigil.patch", {"merge": {}})

    assert ((), ("name", "owner", "limits")) == (patchable(Stone.kind), patchable(Stove.kind))


@pytest.mark.parametrize("value", [None, 7, "x" * 21, {"a": 1}])
def test_values_are_checked_as_the_kind_declares_them(stove: Trial, value: Any) -> None:
    """Also where null would empty what cannot be empty."""
    with pytest.raises(BadPayload, match="name"):
        stove.ask("vigil.patch", {"merge": {"name": value}})


def test_stale_revision_is_refused_by_the_twin_itself(stove: Trial) -> None:
    """It names both; the right one counts, and only once."""
    with pytest.raises(StaleRevision, match="does not exist yet"):
        stove.ask("vigil.patch", {"merge": {"name": "a"}, "revision": "*"})
    stove = Trial("stove/s1")
    stove.measure({"plate_c": 20.0})
    answer = stove.ask("vigil.patch", {"merge": {"name": "a"}, "revision": "1"})
    with pytest.raises(StaleRevision, match="is at revision 2, and this is meant for 1"):
        stove.ask("vigil.patch", {"merge": {"name": "b"}, "revision": "1"})

    assert "2" == answer.revision
    assert "a" == stove.twin.name


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=8,
)


@given(PLAIN, PLAIN)
def test_merge_patch_is_that_of_the_standard(target: Any, change: Any) -> None:
    """Against the pseudo code of RFC 7396, word for word; its arguments stay as they were."""

    def standard(target: Any, change: Any) -> Any:
        if isinstance(change, dict):
            result = dict(target) if isinstance(target, dict) else {}
            for name, value in change.items():
                if value is None:
                    if name in result:
                        del result[name]
                else:
                    result[name] = standard(result.get(name), value)
            return result
        return change

    before = repr((target, change))

    assert standard(target, change) == merged(target, change)
    assert before == repr((target, change))


# -- what a device shall report ------------------------------------------------------------------


def test_wish_stays_until_it_is_reported(stove: Trial) -> None:
    """The delta is what is missing; the device is told by a command."""
    stove.measure({"plate_c": 20.0, "mode": "off"})
    answer = stove.ask("vigil.desire", {"merge": {"mode": "eco", "plate_c": 20.0}})
    desired = stove.twin.operated.desired

    assert {"mode": "eco", "plate_c": 20.0} == desired
    assert {"mode": "eco"} == delta({"mode": "off", "plate_c": 20.0}, desired)
    assert {"mode": "eco"} == stove.twin.commands[answer.command].data

    stove.measure({"mode": "eco"})

    assert {} == delta({"mode": stove.twin.mode, "plate_c": 20.0}, desired)


def test_wish_is_taken_back(stove: Trial) -> None:
    """With null; nothing of it stays in the twin."""
    stove.ask("vigil.desire", {"merge": {"mode": "eco"}})
    answer = stove.ask("vigil.desire", {"merge": {"mode": None}})

    assert None is stove.twin.operated
    assert None is answer.command


@pytest.mark.parametrize(
    ("merge", "error", "said"),
    [
        ({"name": "x"}, NotPatchable, "does not report name"),
        ({"plate": 3}, NotPatchable, "did you mean plate_c?"),
        ({"plate_c": 9999}, BadPayload, "plate_c"),
        ({"at": 3}, NotPatchable, "does not report at"),
    ],
)
def test_only_what_is_reported_can_be_wished_for(
    stove: Trial, merge: dict[str, Any], error: type[Exception], said: str
) -> None:
    """Within the bounds of what can be measured."""
    with pytest.raises(error, match=said):
        stove.ask("vigil.desire", {"merge": merge})


# -- maintenance ---------------------------------------------------------------------------------


def work(stove: Trial, seconds: float = 600.0) -> None:
    """Begin to work on it."""
    stove.ask("vigil.maintain", {"by": "Mika", "until": stove.now + seconds})


def test_twin_in_maintenance_raises_nothing(stove: Trial) -> None:
    """Neither its rules nor its own handlers; and nothing is remembered as noticed."""
    work(stove)
    stove.measure({"plate_c": 300.0})
    stove.measure(None, "knock")
    stove.ask("shout")

    assert ([], []) == (names(stove), stove.tells)
    assert None is stove.twin.record


def test_maintenance_ends_by_itself_and_rules_see_what_still_holds(stove: Trial) -> None:
    """What began meanwhile and goes on fires then; what was over in a moment does not."""
    work(stove)
    stove.measure({"plate_c": 300.0})
    stove.measure(None, "knock")
    stove.restore()
    stove.advance(599.0)
    before = names(stove)
    stove.advance(2.0)

    assert ([], ["stove.hot"]) == (before, names(stove))
    assert None is stove.twin.operated


def test_maintenance_is_ended_by_hand(stove: Trial) -> None:
    """At once; and a second time changes nothing."""
    work(stove)
    stove.measure({"plate_c": 300.0})
    for _ in range(2):
        stove.ask("vigil.maintain.end", {})
    stove.advance(0.1)

    assert ["stove.hot"] == names(stove)
    assert None is stove.twin.operated


def test_maintenance_is_prolonged(stove: Trial) -> None:
    """It keeps when it began, and ends at the later time alone."""
    work(stove)
    began = stove.twin.operated.maintenance.since
    stove.advance(500.0)
    work(stove)
    stove.advance(400.0)

    assert began == stove.twin.operated.maintenance.since

    stove.advance(201.0)

    assert None is stove.twin.operated


@pytest.mark.parametrize("seconds", [0.0, -1.0, 400 * 86_400.0])
def test_maintenance_is_of_bounded_length(stove: Trial, seconds: float) -> None:
    """It cannot have ended already, nor last for ever."""
    with pytest.raises(BadPayload, match="within a year"):
        work(stove, seconds)


def test_wishes_outlive_a_maintenance(stove: Trial) -> None:
    """They have nothing to do with each other."""
    stove.ask("vigil.desire", {"merge": {"mode": "eco"}})
    work(stove)
    stove.advance(601.0)

    assert ({"mode": "eco"}, None) == (
        stove.twin.operated.desired,
        stove.twin.operated.maintenance,
    )
