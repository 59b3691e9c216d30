"""Keyring: one key a person, durable before it is used, and gone without a byte when thrown."""

import os
import stat
from pathlib import Path

import pytest

import twins.devices
import twins.people
from actors import keyring as module
from actors.block import Entry
from actors.keyring import Keyring
from actors.keys import Opened, key_id_of
from twins.event import encode_message
from twins.handler import Origin

assert twins.devices, "the kinds that have persons"
assert twins.people


class Time:
    """A clock that is moved."""

    now = 100.0

    def __call__(self) -> float:
        """What it shows."""
        return self.now


def made(folder: Path, time: Time | None = None) -> Keyring:
    """A prepared keyring."""
    clock = time or Time()
    ring = Keyring(folder, clock=lambda: 1000.0, monotonic=clock)
    ring.prepare()
    return ring


def entry(twin: str, data: bytes = b"data") -> Entry:
    """An entry of a device."""
    return Entry(twin, "telemetry", 0, data)


def test_a_key_is_the_same_everywhere_and_ever(tmp_path: Path) -> None:
    """Two processes, and one that begins later, have one key for one person."""
    here, there = made(tmp_path), made(tmp_path)
    key = here.of("customer/c1")
    sealed = key.seal(b"data", b"about")

    assert key.id == there.of("customer/c1").id == made(tmp_path).of("customer/c1").id
    found = there.get(key.id)
    assert found is not None
    assert b"data" == found.open(sealed, b"about")
    assert key.id != here.of("customer/c2").id
    assert here.get(12345) is None


def test_a_word_on_a_case_is_its_customers(tmp_path: Path) -> None:
    """A question to a twin that is nobody's may name its person; a message may not."""
    ring = made(tmp_path)
    about = encode_message({"person": "customer/c1", "note": "she is well"}, id="a")
    asked = Entry("employee/e1", "ask.close", Origin.INSIDE, about)
    told = Entry("employee/e1", "configured", Origin.INSIDE, about)
    (sealed, left), some = ring.seal([asked, told])

    assert (True, told) == (some, left)
    assert ring.of("customer/c1").id == key_id_of(sealed.payload)
    assert b"she is well" not in sealed.payload


@pytest.mark.parametrize("named", ["vehicle/v1", "nothing/n1", "customer", 7, None])
def test_what_names_no_person_is_sealed_for_none(tmp_path: Path, named: object) -> None:
    """A car has no key, and gets none by being named."""
    ring = made(tmp_path)
    asked = Entry("employee/e1", "ask.close", Origin.INSIDE, encode_message({"person": named}))

    assert ([asked], False) == ring.seal([asked])


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Nobody else on the machine reads keys."""
    made(tmp_path).of("customer/c1")

    for path in tmp_path.glob("keyring.db*"):
        assert 0 == stat.S_IMODE(path.stat().st_mode) & 0o077, path


def test_only_what_is_a_persons_is_sealed(tmp_path: Path) -> None:
    """A person's own events at once; a device's from when it is said whose it is."""
    ring = made(tmp_path)
    entries = [entry("customer/c1"), entry("vehicle/v1"), entry("desk/d1"), entry("nothing/n1")]
    sealed, some = ring.seal(entries)

    assert some
    assert [True, False, False, False] == [
        now is not before for now, before in zip(sealed, entries, strict=True)
    ]
    ring.belong({"vehicle/v1": "customer/c1"})
    again, _ = ring.seal(entries)
    hers = ring.of("customer/c1").id
    assert [hers, hers] == [key_id_of(one.payload) for one in again[:2]]
    ring.belong({"vehicle/v1": None})
    assert (entries[1:], False) == ring.seal(entries[1:])


def test_what_her_event_caused_keeps_her_key(tmp_path: Path) -> None:
    """At a twin that is nobody's; and when her key is gone, nobody reads it."""
    ring = made(tmp_path)
    key = ring.of("customer/c1")
    outcome = Opened("tow_operator/t1", "hold.done", 2, b"her street", key_id=key.id)
    (sealed,), _ = ring.seal([outcome])

    assert key.id == key_id_of(sealed.payload)
    erasure = ring.begin_erasure("customer/c1", "e1")
    ring.retire(erasure)
    ring.throw(erasure)
    (lost,), some = ring.seal([outcome])
    assert some
    assert b"her street" not in lost.payload
    assert ring.get(key_id_of(lost.payload)) is None


def test_others_hear_within_half_a_second(tmp_path: Path) -> None:
    """A process goes on with what it remembers, but not for long."""
    time = Time()
    here, there = made(tmp_path), made(tmp_path, time)
    there.refresh()
    assert there.person_of("vehicle/v1") is None
    here.belong({"vehicle/v1": "customer/c1"})

    assert there.person_of("vehicle/v1") is None
    assert not there.stale()
    time.now += module.REFRESH_S
    assert there.stale()
    there.refresh()
    assert "customer/c1" == there.person_of("vehicle/v1")


def test_what_is_remembered_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many persons there are, each gets her own key."""
    monkeypatch.setattr(module, "MOST", 4)
    ring = made(tmp_path)
    ids = {ring.of(f"customer/c{number}").id for number in range(20)}
    sealed, _ = ring.seal([entry(f"customer/c{number}") for number in range(20)])

    assert 20 == len(ids)
    assert ids == {key_id_of(one.payload) for one in sealed}


def test_a_thrown_key_leaves_no_byte(tmp_path: Path) -> None:
    """Neither in the file nor beside it; nobody opens what it sealed, and others' stay."""
    ring = made(tmp_path)
    key, other = ring.of("customer/c1"), ring.of("customer/c2")
    with ring._file.reading() as db:
        (secret,) = db.execute("SELECT secret FROM keys WHERE id = ?", (key.id,)).fetchone()
    assert secret in everything(tmp_path)
    erasure = ring.begin_erasure("customer/c1", "e1")
    ring.retire(erasure)

    assert ring.get(key.id) is not None, "what is under way can still be opened"
    done = ring.throw(erasure)
    assert secret not in everything(tmp_path)
    assert ring.get(key.id) is None
    assert [key.id] == done.key_ids
    assert 1000.0 == done.done
    assert [done] == ring.erasures() == ring.erasures("customer/c1")
    assert other.id == made(tmp_path).of("customer/c2").id
    again = ring.of("customer/c1").id
    assert again != key.id, "who comes back begins a new life"


def test_an_erasure_goes_on_where_it_was(tmp_path: Path) -> None:
    """Begun again, after a crash say, it is the same one; each step twice changes nothing."""
    ring = made(tmp_path)
    ring.of("customer/c1")
    erasure = ring.begin_erasure("customer/c1", "e1")
    erasure.twins["customer/c1"] = [0, 17]
    ring.note_erasure(erasure)
    again = made(tmp_path).begin_erasure("customer/c1", "e2")

    assert erasure == again
    ring.retire(again)
    ring.retire(again)
    ring.throw(again)
    ring.throw(again)
    assert "e3" == ring.begin_erasure("customer/c1", "e3").id


def test_it_knows_up_to_where_erasures_were_settled(tmp_path: Path) -> None:
    """The furthest position of each partition; one that is under way has settled nothing."""
    ring = made(tmp_path)
    for number, heads in enumerate(({0: 7, 1: 900}, {0: 12, 1: 3}, {})):
        ring.of(f"customer/c{number}")
        erasure = ring.begin_erasure(f"customer/c{number}", f"e{number}")
        erasure.heads = heads
        ring.throw(erasure)
    begun = ring.begin_erasure("customer/c4", "e4")
    begun.heads = {0: 99}
    ring.note_erasure(begun)

    assert [12, 900, 0] == [ring.erased_to(partition) for partition in range(3)]


def everything(folder: Path) -> bytes:
    """All bytes of a folder."""
    return b"".join(
        (Path(parent) / name).read_bytes() for parent, _, names in os.walk(folder) for name in names
    )
