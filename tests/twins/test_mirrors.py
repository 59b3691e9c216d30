"""Mirrors: fields of a linked twin, kept current by messages, for rules to read."""

from typing import Any

import pytest
from support.kiln import Kiln, compiled

from actors.testing import Fleet
from twins.errors import BadDeclaration
from twins.ids import CustomerId
from twins.kind import KINDS
from twins.mirrors import MAX_WATCHERS
from twins.rules.ruleset import compile_rules
from twins.twin import Twin

KILN, OWNER, OTHER = "kiln/k1", "customer/c1", "customer/c2"


@pytest.fixture
def fleet() -> Fleet:
    """An owner who ranks high, and one who does not."""
    fleet = Fleet()
    fleet.tell(OWNER, "configured", {"tier": "gold", "lifetime_value_cents": 5})
    fleet.tell(OTHER, "configured", {"tier": "tin"})
    return fleet


def mirror(fleet: Fleet, twin_id: str = KILN) -> Any:
    """What a kiln knows of its owner."""
    return (fleet.twin(twin_id).mirror or {}).get("owner")


def test_a_link_brings_the_fields_of_whom_it_leads_to(fleet: Fleet) -> None:
    """As they are when it is set."""
    fleet.tell(KILN, "configured", {"owner": OWNER})

    assert {"of": OWNER, "tier": "gold", "lifetime_value_cents": 5} == mirror(fleet)


def test_what_changes_later_is_told(fleet: Fleet) -> None:
    """Only what is mirrored; the rest of her life is nobody's business."""
    fleet.tell(KILN, "configured", {"owner": OWNER})
    before = len(fleet.handled)
    fleet.tell(OWNER, "configured", {"name": "Ann"})

    assert [("customer/c1", "configured")] == [one[1:] for one in fleet.handled[before:]]

    fleet.tell(OWNER, "configured", {"tier": "platinum"})

    assert "platinum" == mirror(fleet)["tier"]


def test_a_link_that_leads_elsewhere_takes_the_mirror_along(fleet: Fleet) -> None:
    """The earlier owner tells nothing any more; without a link, nothing is remembered."""
    fleet.tell(KILN, "configured", {"owner": OWNER})
    fleet.tell(KILN, "configured", {"owner": OTHER})
    fleet.tell(OWNER, "configured", {"tier": "platinum"})

    assert {"of": OTHER, "tier": "tin", "lifetime_value_cents": 0} == mirror(fleet)
    assert fleet.twin(OWNER).watched is None

    fleet.tell(KILN, "configured", {"owner": None})

    assert fleet.twin(KILN).mirror is None
    assert fleet.twin(OTHER).watched is None


def test_the_word_of_an_earlier_owner_comes_too_late(fleet: Fleet) -> None:
    """It does not overwrite what the new one says."""
    fleet.tell(KILN, "configured", {"owner": OTHER})
    late = {"of": OWNER, "link": "owner", "fields": {"tier": "gold"}}
    fleet.tell(KILN, "mirror.changed", late)

    assert "tin" == mirror(fleet)["tier"]


def test_a_twin_tells_only_what_can_be_compared(fleet: Fleet) -> None:
    """A field that it has not, or that is a list, is not told, whoever asks."""
    wanted = {"watcher": KILN, "link": "owner", "fields": ["channels", "tier", "no", "__class__"]}
    fleet.tell(OWNER, "mirror.wanted", wanted)

    assert {f"{KILN} owner": ["channels", "tier"]} == fleet.twin(OWNER).watched


def test_watchers_are_bounded(fleet: Fleet) -> None:
    """Who comes too late is told once, and knows that there is nothing more to come."""
    for number in range(MAX_WATCHERS + 1):
        fleet.tell(f"kiln/k{number}", "configured", {"owner": OWNER})
    fleet.tell(OWNER, "configured", {"tier": "platinum"})
    last = mirror(fleet, f"kiln/k{MAX_WATCHERS}")

    assert MAX_WATCHERS == len(fleet.twin(OWNER).watched)
    assert "platinum" == mirror(fleet, "kiln/k0")["tier"]
    assert ("gold", False) == (last["tier"], last["live"])


def test_rules_read_the_mirror(fleet: Fleet) -> None:
    """And a replay of the logs reads the same."""
    rules = compiled("{rule: dear, context: owner.tier == 'gold', when: temp_c > 1200}")
    for shard in fleet._shards:
        shard.partition.in_force.rules["kiln"] = rules
    fleet.tell(KILN, "configured", {"owner": OTHER})
    fleet.measure(KILN, {"temp_c": 1250.0}, "heat")

    assert [] == fleet.signals

    fleet.tell(KILN, "configured", {"owner": OWNER})
    fleet.measure(KILN, {"temp_c": 1260.0}, "heat")

    assert [{"temp_c": 1260.0, "owner.tier": "gold"}] == [
        signal.data["why"]["inputs"] for signal in fleet.signals
    ]


def test_vehicles_mirror_their_owners() -> None:
    """Tier, worth and language, as the rules of vehicles may read them."""
    fleet = Fleet()
    fleet.tell("customer/c1", "configured", {"tier": "gold", "language": "de"})
    fleet.tell("vehicle/v1", "configured", {"owner": "customer/c1"})

    assert {"of": "customer/c1", "tier": "gold", "lifetime_value_cents": 0, "language": "de"} == (
        mirror(fleet, "vehicle/v1")
    )


def test_what_cannot_be_mirrored_is_refused() -> None:
    """A field that is no link, and a field that the linked twin has not."""

    class Odd(Twin, kind="odd_mirror"):
        mirrors = {"note": ("tier",)}  # noqa: RUF012 - a class of a test

        note: str = ""

    class Wrong(Twin, kind="wrong_mirror"):
        mirrors = {"owner": ("nothing",)}  # noqa: RUF012 - a class of a test

        owner: CustomerId | None = None

    # What is wrong with them must not meet whoever looks through all kinds.
    del KINDS["odd_mirror"], KINDS["wrong_mirror"]
    with pytest.raises(BadDeclaration, match="mirrors 'note', which is no link"):
        compile_rules(Odd.kind, [])
    with pytest.raises(BadDeclaration, match="a customer has no nothing"):
        compile_rules(Wrong.kind, [])


def test_without_a_link_nothing_is_asked() -> None:
    """A kiln that belongs to nobody tells nobody anything."""
    fleet = Fleet()
    fleet.tell(KILN, "configured", {"name": "x"})

    assert [(KILN, "configured")] == [one[1:] for one in fleet.handled]
    assert ("tier", "lifetime_value_cents") == Kiln.mirrors["owner"]
