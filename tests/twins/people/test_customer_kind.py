"""Customer: a person that things are arranged for."""

from typing import Any

import msgspec
import pytest
from support.city import OWNER, SUPERVISOR
from support.world import START, World

from twins.event import encode_message
from twins.handler import Origin
from twins.people.customer import MAX_ARRANGEMENTS, Customer
from twins.people.talking import MAX_CONTACTS
from twins.testing import play


def news(arrangement_id: str, *, state: str = "offered", open_: bool = True) -> dict[str, Any]:
    """How an arrangement stands."""
    return {"arrangement_id": arrangement_id, "supervisor": SUPERVISOR, "state": state,
            "open": open_, "at": START}  # fmt: skip


def test_the_profile_is_what_an_arrangement_must_fit() -> None:
    """All of it, in her order; what of her calendar is past is left out."""
    world = World()
    world.send(OWNER, "configured", {
        "name": "Aino", "language": "fi", "policy": "P-7", "insurer": "insurer/i1",
        "channels": [{"channel": "webhook", "address": "http://127.0.0.1:9/a"},
                     {"channel": "sms", "address": "+358"}],
        "calendar": [{"starts_at": START - 100, "ends_at": START - 50},
                     {"starts_at": START - 100, "ends_at": START + 50}],
        "lifetime_value_cents": 99, "position": [60.0, 24.0],
    })  # fmt: skip
    request = {"asker": SUPERVISOR, "arrangement_id": "a-1"}
    world.send(OWNER, "profile.requested", request, origin=Origin.TWIN)
    world.run()
    handler = world.twin(SUPERVISOR).kind.handler("profile.answered")
    profile = handler.decode(world.log[-1][3]).data

    assert [way.channel for way in profile.channels] == ["webhook", "sms"]
    assert [busy.ends_at for busy in profile.calendar] == [START + 50]
    assert (profile.name, profile.language, profile.policy) == ("Aino", "fi", "P-7")
    assert (profile.position, profile.lifetime_value_cents) == ((60.0, 24.0), 99)


@pytest.mark.parametrize(
    "settings",
    [{"channels": [{"channel": "web hook", "address": "x"}]}, {"language": "Deutsch!"},
     {"calendar": [{"starts_at": float("nan"), "ends_at": 1.0}]}, {"insurer": "dealer/d1"}],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    """Nothing gets into a profile that would break an arrangement later."""
    with pytest.raises(msgspec.ValidationError):
        play(Customer.new("c1"), START, "configured", encode_message(settings))


def test_open_arrangements_stay_and_old_ones_leave() -> None:
    """So many are shown; those that are over leave first."""
    world = World()
    world.send(OWNER, "arrangement.changed", news("open"), origin=Origin.TWIN)
    for number in range(MAX_ARRANGEMENTS + 2):
        over = news(f"a-{number}", state="closed", open_=False)
        world.send(OWNER, "arrangement.changed", over, origin=Origin.TWIN)
    world.run()
    shown = world.twin(OWNER).arrangements

    assert len(shown) == MAX_ARRANGEMENTS
    assert "open" in shown
    assert "a-0" not in shown


def test_she_sees_who_is_on_the_way() -> None:
    """The helper's place belongs to its arrangement; of an unknown one it is passed over."""
    world = World()
    world.send(OWNER, "arrangement.changed", news("a-1"), origin=Origin.TWIN)
    for id_ in ("a-1", "a-2"):
        helper = {"arrangement_id": id_, "service": "tow_operator/t1", "position": [60.0, 24.0]}
        world.send(OWNER, "helper.moved", helper, origin=Origin.TWIN)
    world.run()

    assert list(world.twin(OWNER).arrangements) == ["a-1"]
    assert world.twin(OWNER).arrangements["a-1"].helper.position == (60.0, 24.0)


def test_the_last_contacts_are_kept() -> None:
    """So many, oldest first."""
    world = World()
    for number in range(MAX_CONTACTS + 3):
        contact = {"at": START + number, "what": "offer.sent"}
        world.send(OWNER, "contact.noted", contact, origin=Origin.TWIN)
    world.run()
    contacts = world.twin(OWNER).contacts

    assert len(contacts) == MAX_CONTACTS
    assert contacts[0].at == START + 3
