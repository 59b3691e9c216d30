"""A partition whose persons' data leaves sealed, and what an erasure leaves of them."""

from pathlib import Path

import msgspec
import pytest
from support.city import CAR, HERE, OWNER
from support.feed import Feed, device, inside, numbered

import actors.supervisors
import twins.people
from actors.block import decode_block
from actors.erased import ERASE, Erase
from actors.keyring import Keyring
from actors.keys import key_id_of, open_block
from actors.outputs import Outputs
from actors.store.base import Ownership
from actors.store.sqlite import SqliteStore
from twins.event import Event
from twins.turn import Turn

assert actors.supervisors, "the kinds"
assert twins.people

NAME, PHONE = "Aurelia Quistgaard", "+4670-5551234"
SETTINGS = {"name": NAME, "channels": [{"channel": "sms", "address": PHONE}], "position": HERE}


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    """A partition with a keyring; its one person has a car."""
    keyring = Keyring(tmp_path / "keys")
    keyring.prepare()
    feed = Feed(keyring=keyring)
    feed.apply(
        inside(OWNER, "configured", SETTINGS, "s1"),
        inside(CAR, "configured", {"owner": OWNER, "description": "red, plate QRX 881"}, "s2"),
    )
    keyring.belong({CAR: OWNER})
    return feed


def her_key(feed: Feed) -> int:
    """The id of her key."""
    assert feed.keyring is not None
    return feed.keyring.of(OWNER).id


def word(feed: Feed, twin: str, id_: str = "x1", person: str = OWNER) -> None:
    """`vigil.erase` reaches a twin."""
    feed.apply(inside(twin, ERASE, Erase(person, her_key(feed)), id_))


def test_neither_log_nor_outbox_shows_her(feed: Feed) -> None:
    """Her settings, her car's readings, and what twins tell each other of her."""
    feed.apply(numbered(CAR, "telemetry", {"lat": 59.3293, "coolant_c": 88.0}, 1))
    feed.apply(inside(OWNER, "profile.requested", {"arrangement_id": "a", "asker": "desk/d"}, "p"))
    cut = feed.begin_cut()
    (message,) = [body for pair in feed.partition.outbox.pairs.values() for _, body in pair.waiting
                  if b"profile.answered" in body]  # fmt: skip
    (entry,) = [one for one in decode_block(message).entries if one.type == "profile.answered"]
    bodies = [*(body for body, _ in feed.log), message, cut.head.body]

    assert 1 == decode_block(message).key_id
    assert her_key(feed) == key_id_of(entry.payload)
    words = [word.encode() for word in (NAME, PHONE, "QRX 881")]
    assert not [body for body in bodies for word in words if word in body]
    assert msgspec.msgpack.encode(59.3293) not in b"".join(body for body, _ in feed.log)


def test_what_nobodys_twin_tells_a_person_is_sealed_for_her(tmp_path: Path) -> None:
    """A policy asks how satisfied she is: nobody's word, by its own clock, and hers to keep."""
    keyring = Keyring(tmp_path / "keys")
    keyring.prepare()
    turn = Turn(1.0)
    outputs = Outputs(turn, 1)
    turn.begin("policy/p", Event("e", "due.surveys", "policy/p", 1.0, "", None))
    turn.tell(OWNER, "message.requested", {"text": NAME})
    turn.tell("desk/d", "case.opened", {"text": "open"})
    outputs.keep("policy/p", 0, 0, 0, None, keyring.of)
    (_, hers), (_, nobodys) = outputs.told

    assert keyring.of(OWNER).id == key_id_of(hers.payload)
    assert NAME.encode() not in hers.payload
    assert b"open" in nobodys.payload


def test_a_replay_makes_the_same_bytes(feed: Feed) -> None:
    """Also what leaves sealed, though the key was made by chance."""
    feed.apply(inside(OWNER, "profile.requested", {"arrangement_id": "a", "asker": "desk/d"}, "p"))
    before = {number: list(pair.waiting) for number, pair in feed.partition.outbox.pairs.items()}
    feed.crash()

    assert before
    assert before == {number: pair.waiting for number, pair in feed.partition.outbox.pairs.items()}
    assert NAME == feed.twin(OWNER).name


def test_erased_she_is_as_new(feed: Feed) -> None:
    """Her state, her reminders, and her car's; what recognises repeats stays."""
    feed.apply(numbered(CAR, "telemetry", {"lat": 59.3, "lon": 18.0}, 1))
    feed.partition.reminders.set(OWNER, "deadline", 9e9)
    word(feed, OWNER)
    word(feed, CAR, "x2")
    key_id = her_key(feed)

    assert {"key": "c1", "erased": key_id} == msgspec.to_builtins(feed.twin(OWNER))
    assert {"key": "v1", "erased": key_id} == msgspec.to_builtins(feed.twin(CAR))
    assert {} == feed.partition.reminders.of(OWNER)
    repeats = feed.apply(numbered(CAR, "telemetry", {"lat": 59.3}, 1), at=1)
    assert feed.twin(CAR).lat is None
    assert repeats.refused == 1, "the gateway sealed it with her key, which is being thrown away"


def test_what_her_key_still_seals_is_refused(feed: Feed) -> None:
    """So that a replay that cannot open it any more does the same."""
    word(feed, OWNER)
    applied = feed.apply(inside(OWNER, "configured", SETTINGS, "s9"))

    assert (0, 1) == (applied.events, applied.refused)
    assert "" == feed.twin(OWNER).name


def test_a_car_that_is_somebody_elses_by_now_stays(feed: Feed) -> None:
    """The word for its old owner does not reach its new one."""
    feed.apply(inside(CAR, "configured", {"owner": "customer/c2"}, "s3"))
    word(feed, CAR)

    assert "customer/c2" == feed.twin(CAR).owner


def test_the_word_counts_once(feed: Feed) -> None:
    """Said again, after a crash of whoever says it, it does not touch the new life."""
    assert feed.keyring is not None
    word(feed, OWNER)
    key_id = her_key(feed)
    erasure = feed.keyring.begin_erasure(OWNER, "e1")
    feed.keyring.retire(erasure)
    feed.keyring.throw(erasure)
    feed.apply(inside(OWNER, "configured", {"name": "Somebody new"}, "n1"))
    feed.apply(inside(OWNER, ERASE, Erase(OWNER, key_id), "x9"))

    assert "Somebody new" == feed.twin(OWNER).name


def test_after_the_key_is_gone_a_replay_from_the_beginning_shows_tombstones(feed: Feed) -> None:
    """Nothing of hers comes back, and what is nobody's is as it was."""
    assert feed.keyring is not None
    feed.apply(inside("desk/d1", "configured", {"name": "North"}, "d1"))
    word(feed, OWNER)
    word(feed, CAR, "x2")
    erasure = feed.keyring.begin_erasure(OWNER, "e1")
    feed.keyring.retire(erasure)
    feed.keyring.throw(erasure)
    gone = open_block(decode_block(feed.log[0][0]), feed.keyring)
    feed.crash()

    assert 2 == gone, "her settings, and those by which the car became hers"
    assert "North" == feed.twin("desk/d1").name
    assert NAME.encode() not in msgspec.msgpack.encode(feed.twin("desk/d1"))
    assert feed.partition.peek(OWNER) is None or "" == feed.twin(OWNER).name


def test_a_device_may_not_erase_anybody(feed: Feed) -> None:
    """Vigil's own parts alone."""
    feed.apply(device(OWNER, ERASE, Erase(OWNER, her_key(feed))))

    assert NAME == feed.twin(OWNER).name


def test_a_store_with_a_keyring_keeps_her_sealed(feed: Feed, tmp_path: Path) -> None:
    """On disk there is nothing of hers; with the key she is read and found, without it neither."""
    assert feed.keyring is not None
    store = SqliteStore(tmp_path / "store", feed.keyring)
    store.prepare(1)
    store.assign(0, Ownership(0))
    feed.apply(inside("desk/d1", "configured", {"name": "North"}, "d1"))
    cut = feed.begin_cut()
    cut.step(1 << 30)
    store.commit(cut.checkpoint())

    raw = b"".join(path.read_bytes() for path in (tmp_path / "store").iterdir())
    assert b"North" in raw
    assert not [word for word in (NAME, PHONE, "QRX 881") if word.encode() in raw]
    (row,) = store.twins(0, [OWNER])
    assert NAME.encode() in row.state
    found = store.search(f'kind = customer and name = "{NAME}"')
    assert [OWNER] == [one.id for one in found.items]
    assert 1 == store.count('kind = vehicle and owner = "customer/c1"')
    assert [OWNER, CAR] == store.sealed(0, [her_key(feed)])
    store.verify(0, deep=True)

    erasure = feed.keyring.begin_erasure(OWNER, "e1")
    feed.keyring.retire(erasure)
    feed.keyring.throw(erasure)
    assert [] == store.twins(0, [OWNER])
    assert 0 == store.count("kind = customer")
    assert ["desk/d1"] == [one.id for one in store.search("").items]
