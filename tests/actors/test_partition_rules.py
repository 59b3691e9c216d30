"""The partition: rules that are published through the log, live at one position, and kept."""

from typing import Any

import pytest
from msgspec import msgpack
from support.feed import TICK, Feed, device, inside, numbered, replay
from support.probes import Note

import actors.in_force
from actors.block import Entry, decode_block
from actors.in_force import InForce
from twins.errors import RulebookRefused
from twins.event import Message, encode_message
from twins.handler import Origin, on
from twins.ids import partition_of
from twins.rulebook.live import SHOWN_TWINS
from twins.rulebook.messages import Page, Published
from twins.turn import current
from twins.twin import Twin

BOOK = "rulebook/seer"
OWN = "partition/0"
SEER = "seer/s1"


class Seer(Twin, kind="seer"):
    """Its handler does what shadow rules do: it notes a hit."""

    handled: int = 0

    @on("seen")
    def seen(self, note: Note) -> None:
        """Note a hit of the rule that is named; one with a ! fails after it."""
        self.handled += 1
        current().hit(note.text, self.event.time)
        if note.text.endswith("!"):
            raise ValueError(note.text)


def rule(name: str, event_type: str = "seen", **more: Any) -> dict[str, Any]:
    """A rule of seers; one that watches an unknown event cannot be compiled."""
    return {"rule": name, "kind": "seer", "on": event_type, "when": "handled > 1000", **more}


def published(version: int, *documents: dict[str, Any], source: str = BOOK) -> Entry:
    """What the rulebook tells the partition."""
    data = Published(kind="seer", version=version, documents=list(documents))
    payload = encode_message(data, id=f"v{version}", source=source)
    return Entry(OWN, "rules.published", Origin.TWIN, payload)


def seen(name: str, number: int, seer: str = SEER, at: float = 5.0) -> Entry:
    """An event in which a shadow rule fires."""
    return device(seer, "seen", Note(name), boot=1, sequence=number, time=at)


def live(feed: Feed) -> tuple[int, list[str], int]:
    """The live version, its rules, and since which position."""
    found = feed.twin(OWN).sets["seer"]
    return found.version, [document["rule"] for document in found.documents], found.position


def said(feed: Feed) -> list[tuple[str, str, dict[str, Any]]]:
    """(to whom, type, data) of all that the partition told."""
    found = []
    for pair in feed.partition.outbox.pairs.values():
        for _, body in pair.waiting:
            for entry in decode_block(body).entries:
                message = msgpack.decode(entry.payload, type=Message[Any])
                found.append((entry.subject, entry.type, message.data))
    return found


def test_what_a_rulebook_publishes_goes_to_every_partition() -> None:
    """One message each, to the twin that lives there; the rulebook's own partition included."""
    partitions = 4
    home = partition_of(BOOK, partitions)
    feed = Feed(home, partitions)
    draft = {"by": "ann", "put": [Page(document=rule("a"))]}
    publish = {"draft": "d1", "by": "ann", "approval": False}
    feed.apply(inside(BOOK, "ask.rules.draft", draft, "1"))
    feed.apply(inside(BOOK, "ask.rules.publish", publish, "2"))
    pairs = feed.partition.outbox.pairs
    told = {
        number: [(entry.subject, entry.type) for entry in decode_block(body).entries]
        for number, pair in pairs.items()
        for _, body in pair.waiting
    }

    assert {
        number: [(f"partition/{number}", "rules.published")] for number in range(partitions)
    } == told
    assert list(range(partitions)) == [
        partition_of(f"partition/{number}", partitions) for number in range(partitions)
    ]


def test_rules_are_live_from_one_position_on() -> None:
    """Events before it in the same block had the old ones; the rulebook hears since when."""
    feed = Feed()
    feed.apply(numbered(SEER, "seen", Note("x"), 1))
    applied = feed.apply(published(1, rule("a"), rule("b")))

    assert (1, ["a", "b"], 2) == live(feed)
    assert {"seer": 1} == feed.partition.in_force.versions
    assert [1] == [one.version for one in applied.rules]
    assert [
        (BOOK, "rules.applied", {"kind": "seer", "partition": 0, "version": 1, "position": 2})
    ] == said(feed)


def test_older_and_equal_versions_change_nothing() -> None:
    """Whoever sends them, and however often."""
    feed = Feed()
    for version, name in ((2, "a"), (2, "b"), (1, "c")):
        feed.apply(published(version, rule(name)))

    assert (2, ["a"], 1) == live(feed)
    assert 1 == len(said(feed))


def test_only_the_kinds_rulebook_is_heard() -> None:
    """Another twin's word, or an operator's, makes no rules."""
    feed = Feed()
    data = Published(kind="seer", version=9, documents=[rule("a")])
    feed.apply(
        published(1, rule("a"), source="rulebook/probe"),
        inside(OWN, "rules.published", data, "i1"),
        numbered(OWN, "rules.published", data, 1),
    )

    assert {} == feed.twin(OWN).sets
    assert ({}, [], 1) == (feed.partition.in_force.rules, said(feed), feed.partition.refused)


@pytest.mark.parametrize("broken", [rule("b", "unheard"), {"on": "seen"}, {}])
def test_what_cannot_be_compiled_leaves_the_old_rules(broken: dict[str, Any]) -> None:
    """It is counted and reported with the reason; nobody is parked, and the next one is taken."""
    feed = Feed()
    feed.apply(published(1, rule("a")))
    applied = feed.apply(published(2, rule("a"), broken), numbered(SEER, "seen", Note("x"), 1))
    to, event_type, data = said(feed)[-1]

    assert (1, ["a"], 1) == live(feed)
    assert (1, [], 2) == (feed.twin(OWN).sets["seer"].refused, applied.parked, applied.events)
    assert (BOOK, "rules.refused", 2, 2) == (to, event_type, data["version"], data["position"])
    assert data["problem"]

    feed.apply(published(3, rule("c")))

    assert (3, ["c"], 3) == live(feed)


def test_rules_outlive_a_crash() -> None:
    """Those of the checkpoint are compiled before the first block; later ones come from the log."""
    feed = Feed(hot_bytes=0)
    feed.apply(published(1, rule("a")))
    feed.checkpoint()
    feed.apply(numbered(SEER, "seen", Note("x"), 1))
    feed.crash()

    assert {"seer": 1} == feed.partition.in_force.versions

    feed.apply(published(2, rule("b")))
    feed.crash()

    assert {"seer": 2} == feed.partition.in_force.versions
    assert (2, ["b"], 3) == live(feed)


def test_rules_outlive_an_eviction() -> None:
    """The partition's own twin may leave memory; what it said goes on, and it comes back."""
    feed = Feed(hot_bytes=0)
    feed.apply(published(1, rule("a")))
    feed.checkpoint()

    assert feed.partition.peek(OWN) is None
    assert {"seer": 1} == feed.partition.in_force.versions

    feed.apply(published(2, rule("a")))

    assert (2, ["a"], 2) == live(feed)


def test_another_code_that_cannot_run_them_goes_on_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a bad upgrade the partition serves, says so, and takes the next version."""
    feed = Feed()
    feed.apply(published(1, rule("a")))
    feed.checkpoint()
    compiling = actors.in_force.rules_of

    def refuse(*_: Any) -> Any:
        raise RulebookRefused("no such operator")

    monkeypatch.setattr(actors.in_force, "rules_of", refuse)
    feed.crash()
    feed.apply(numbered(SEER, "seen", Note("x"), 1))

    assert {} == feed.partition.in_force.rules
    assert {"seer": "version 1: RulebookRefused: no such operator"} == (
        feed.partition.in_force.problems
    )

    monkeypatch.setattr(actors.in_force, "rules_of", compiling)
    feed.apply(published(2, rule("a")))

    assert ({}, {"seer": 2}) == (feed.partition.in_force.problems, feed.partition.in_force.versions)


def test_hits_of_shadow_rules_are_counted_with_the_last_twins() -> None:
    """Bounded, however many twins; a handler that fails has seen nothing."""
    feed = Feed()
    feed.apply(published(1, rule("a", shadow=True), rule("b", shadow=True)))
    for number in range(SHOWN_TWINS + 2):
        feed.apply(seen("a", 1, f"seer/s{number}", at=10.0 + number))
    feed.apply(seen("a", 2, "seer/s3", at=30.0), seen("b!", 2, "seer/s4"))
    hits = feed.twin(OWN).hits["seer"]

    assert ["a"] == list(hits)
    assert (SHOWN_TWINS + 3, 30.0) == (hits["a"].count, hits["a"].last_at)
    assert ["seer/s2", "seer/s4", "seer/s5", "seer/s6", "seer/s3"] == hits["a"].twins


def test_hits_stay_with_a_rule_that_stays_as_it_is() -> None:
    """A rule that changed, or is gone, has seen nothing; one that did not goes on counting."""
    feed = Feed()
    feed.apply(published(1, rule("a", shadow=True), rule("b", shadow=True)))
    feed.apply(seen("a", 1), seen("b", 2))
    feed.apply(published(2, rule("a", shadow=True), rule("b", shadow=True, when="handled > 1")))

    assert ["a"] == list(feed.twin(OWN).hits["seer"])

    feed.apply(published(3, rule("a")))

    assert {} == feed.twin(OWN).hits


def test_hits_are_counted_once_whatever_crashes() -> None:
    """With nothing kept in memory, checkpoints and crashes anywhere, it is a straight replay's."""
    feed = Feed(hot_bytes=0)
    feed.apply(published(1, rule("a", shadow=True)))
    for number in range(1, 12):
        feed.apply(seen("a", number))
        if number % 3 == 0:
            feed.checkpoint()
        if number % 4 == 0:
            feed.crash()
    feed.checkpoint()
    straight = replay(feed.log)
    straight.checkpoint()

    assert 11 == feed.twin(OWN).hits["seer"]["a"].count
    assert straight.store.all_twins(0) == feed.store.all_twins(0)


def test_the_own_twin_is_held_only_while_a_shadow_needs_it() -> None:
    """To begin with after a restart, and for hits; else a block asks for its own twins alone."""
    feed = Feed(hot_bytes=0)
    tick = decode_block(TICK)
    asked = [feed.partition.needed(tick, 0.0)]
    for version, document in enumerate([rule("a"), rule("a", shadow=True), rule("a")], 1):
        feed.apply(published(version, document))
        feed.checkpoint()
        asked.append(feed.partition.needed(tick, 0.0))
    feed.crash()
    asked.append(feed.partition.needed(tick, 0.0))

    assert [[], [], [OWN], [], [OWN]] == asked


def test_in_force_begins_with_nothing() -> None:
    """A partition that was told nothing has no rules, and needs nobody to say so."""
    found = InForce(3)

    assert ("partition/3", {}, False) == (found.address, found.rules, found.wanted)
