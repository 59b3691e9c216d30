"""The rulebook: drafts, approval, versions and going back, and what it tells partitions."""

from typing import Any

import msgspec
import pytest
from support.rules import document, page
from support.world import START, World

from twins.devices.vehicle import Vehicle
from twins.errors import RulebookRefused, UnknownKind
from twins.handler import Origin
from twins.ids import EVERY_PARTITION
from twins.rulebook import Rulebook
from twins.rulebook.pages import MAX_BYTES, MAX_RULES
from twins.rulebook.rulebook import MAX_DRAFTS, MAX_EDITIONS

BOOK = "rulebook/oven"


class Desk:
    """Somebody who works with the rulebook of ovens."""

    def __init__(self) -> None:
        self.world = World()

    @property
    def book(self) -> Rulebook:
        """The twin."""
        found: Rulebook = self.world.twin(BOOK)
        return found

    def draft(self, *pages: dict[str, Any], by: str = "ann", **more: Any) -> Any:
        """Write a draft."""
        return self.world.ask(BOOK, "rules.draft", {"by": by, "put": pages, **more})

    def approve(self, draft: str, by: str) -> Any:
        """Approve one."""
        return self.world.ask(BOOK, "rules.approve", {"draft": draft, "by": by})

    def publish(self, draft: str, *, approval: bool = False, **more: Any) -> Any:
        """Publish one."""
        request = {"draft": draft, "by": "pat", "approval": approval, **more}
        return self.world.ask(BOOK, "rules.publish", request)

    def now(self, *pages: dict[str, Any], **more: Any) -> Any:
        """Write a draft and publish it."""
        return self.publish(self.draft(*pages, **more).id)

    def names(self, version: int | None = None) -> list[str]:
        """The rules of a version."""
        return list(self.book.pages_of(version))


@pytest.fixture
def desk() -> Desk:
    """A new book."""
    return Desk()


def test_publishing_a_draft_makes_the_next_version(desk: Desk) -> None:
    """Its rules are merged with those before, in the order of their names; the draft is gone."""
    desk.now(page("b"), page("a"))
    edition = desk.now(page("c"), remove=["b"], note="b was noise")

    assert (2, "pat", "b was noise", START) == (
        edition.number, edition.by, edition.note, edition.at,
    )  # fmt: skip
    assert (["a", "c"], ["a", "b"]) == (desk.names(), desk.names(1))
    assert {} == desk.book.drafts


def test_every_partition_is_told_all_rules_of_a_version(desk: Desk) -> None:
    """The whole set, not the change: a partition needs nothing from before."""
    desk.now(page("a"))
    desk.now(page("b", "load_pct > 130"))
    told = desk.world.announced

    assert [(EVERY_PARTITION, "rules.published")] * 2 == [(tell.to, tell.type) for tell in told]
    assert ("oven", 2, [document("a"), document("b", "load_pct > 130")]) == (
        told[1].data.kind, told[1].data.version, told[1].data.documents,
    )  # fmt: skip


def test_nothing_is_told_before_it_is_published(desk: Desk) -> None:
    """A draft, its approval and its end touch no partition."""
    draft = desk.draft(page("a"))
    desk.approve(draft.id, "ben")
    desk.world.ask(BOOK, "rules.discard", {"draft": draft.id, "by": "ben"})

    assert ([], {}, 0) == (desk.world.announced, desk.book.drafts, desk.book.version)


def test_a_draft_comes_in_parts(desk: Desk) -> None:
    """What came later counts; a rule is put or removed, never both."""
    desk.now(page("a"))
    draft = desk.draft(page("b"), page("c"), note="more")
    draft = desk.draft(page("b", "load_pct > 9"), remove=["c", "a"], draft=draft.id)
    draft = desk.draft(page("a", "power_w > 9"), draft=draft.id)

    assert ["c: version 1 has no such rule to remove"] == [str(one) for one in draft.problems]

    draft = desk.draft(page("c"), draft=draft.id)
    desk.publish(draft.id)

    assert "more" == desk.book.editions[-1].note
    assert ["power_w > 9", "load_pct > 9", "inside_c > 250"] == [
        page.document["when"] for page in desk.book.pages_of().values()
    ]


def test_a_draft_from_an_older_version_is_refused_unless_forced(desk: Desk) -> None:
    """Two wrote at once: the second sees that, and may put her change on top of the first's."""
    first, second = desk.draft(page("a")), desk.draft(page("b"), by="ben")
    desk.publish(first.id)

    with pytest.raises(RulebookRefused, match="made from version 0, and 1 is published now"):
        desk.publish(second.id)
    desk.publish(second.id, force=True)

    assert ["a", "b"] == desk.names()


def test_a_draft_has_one_base(desk: Desk) -> None:
    """One that names a version begins there, also when another is published now."""
    desk.now(page("a"))
    draft = desk.draft(page("b"), base=0)

    with pytest.raises(RulebookRefused, match="made from version 0, not from 1"):
        desk.draft(page("c"), draft=draft.id, base=1)
    with pytest.raises(RulebookRefused, match="has no version 7; it keeps: 1 to 1"):
        desk.draft(page("c"), base=7)

    assert 0 == draft.base


def test_a_second_person_approves_where_the_settings_ask_for_it(desk: Desk) -> None:
    """Nobody who wrote to the draft can be that person, also not after somebody else did."""
    draft = desk.draft(page("a"))
    desk.draft(page("b"), by="ben", draft=draft.id)
    with pytest.raises(RulebookRefused, match="not of ann or ben, who wrote it"):
        desk.publish(draft.id, approval=True)
    for author in ("ann", "ben"):
        with pytest.raises(RulebookRefused, match=f"{author} wrote draft d1"):
            desk.approve(draft.id, author)
    desk.approve(draft.id, "cat")
    desk.publish(draft.id, approval=True)

    assert "cat" == desk.book.editions[-1].approved_by


def test_a_change_takes_an_approval_back(desk: Desk) -> None:
    """What was approved is what is published."""
    draft = desk.draft(page("a"))
    desk.approve(draft.id, "ben")
    desk.draft(page("a", "load_pct > 0"), draft=draft.id)

    with pytest.raises(RulebookRefused, match="needs the approval"):
        desk.publish(draft.id, approval=True)


def test_an_earlier_version_comes_back_as_the_next_one(desk: Desk) -> None:
    """Also the empty one; every version can be gone back to, the ones between as well."""
    desk.now(page("a"))
    desk.now(page("a", "power_w > 1"), page("b"))
    back = desk.world.ask(BOOK, "rules.rollback", {"version": 1, "by": "ann", "note": "too many"})

    assert (3, 1, "too many", ["a"]) == (back.number, back.back_to, back.note, desk.names())
    assert [document("a")] == desk.world.announced[-1].data.documents

    desk.world.ask(BOOK, "rules.rollback", {"version": 2, "by": "ann"})
    desk.world.ask(BOOK, "rules.rollback", {"version": 0, "by": "ann"})

    assert (5, [], ["a", "b"]) == (desk.book.version, desk.names(), desk.names(4))


def test_old_versions_are_forgotten_with_their_pages(desk: Desk) -> None:
    """The last `MAX_EDITIONS` are kept; a page that none of them has goes."""
    for number in range(MAX_EDITIONS + 2):
        desk.now(page("a", f"power_w > {number}"), page("b"))

    assert MAX_EDITIONS == len(desk.book.editions)
    assert MAX_EDITIONS + 1 == len(desk.book.pages)
    with pytest.raises(RulebookRefused, match=f"it keeps: 3 to {MAX_EDITIONS + 2}"):
        desk.book.pages_of(2)


def test_rules_that_cannot_run_are_kept_as_a_draft_and_not_published(desk: Desk) -> None:
    """The draft says what is wrong with it; its author goes on from there."""
    draft = desk.draft(page("a", on="nothing"))
    with pytest.raises(RulebookRefused, match="cannot be run"):
        desk.publish(draft.id)
    with pytest.raises(RulebookRefused, match="cannot be run"):
        desk.approve(draft.id, "ben")

    assert draft.problems
    assert [] == desk.world.announced


def test_a_kind_has_so_many_rules_of_so_many_bytes(desk: Desk) -> None:
    """A set that would not fit into a message is refused where it is written."""
    many = desk.draft(*(page(f"r{number}") for number in range(MAX_RULES + 1)))
    large = desk.draft(page("a", note="x" * MAX_BYTES))

    assert f"{MAX_RULES + 1} rules are more than" in str(many.problems[0])
    assert "bytes, more than the" in str(large.problems[0])


def test_drafts_are_bounded(desk: Desk) -> None:
    """The author who finds no place hears which drafts there are."""
    for _ in range(MAX_DRAFTS):
        desk.draft(page("a"))
    with pytest.raises(RulebookRefused, match=f"has {MAX_DRAFTS} drafts.*d1, d2"):
        desk.draft(page("a"))
    with pytest.raises(RulebookRefused, match="has no draft d99; it has: d1, d2"):
        desk.publish("d99")


def test_what_has_no_name_or_no_kind_is_refused(desk: Desk) -> None:
    """A rule without a name cannot be changed later; rules of an unknown kind watch nothing."""
    with pytest.raises(RulebookRefused, match="a rule has no name"):
        desk.draft({"document": {"when": "power_w > 1"}})
    with pytest.raises(UnknownKind, match="no kind 'ovne'"):
        desk.world.ask("rulebook/ovne", "rules.draft", {"by": "ann"})


def test_show_gives_the_rules_of_a_version(desk: Desk) -> None:
    """As they were written, with the author's text."""
    desk.now({**page("a"), "text": "rule: a  # hot"})
    desk.now(page("b"))
    shown = desk.world.ask(BOOK, "rules.show", {"version": 1})

    assert (1, ["a"], "rule: a  # hot") == (
        shown["version"], list(shown["rules"]), shown["rules"]["a"].text,
    )  # fmt: skip
    assert 2 == desk.world.ask(BOOK, "rules.show", {})["version"]


def test_partitions_say_what_is_live_in_them(desk: Desk) -> None:
    """A refusal leaves what was live; the next version that runs ends it."""
    said = {"kind": "oven", "partition": 3, "position": 70}
    for name, more in (
        ("applied", {"version": 1}),
        ("refused", {"version": 2, "problem": "no such operator"}),
    ):
        desk.world.send(BOOK, f"rules.{name}", {**said, **more}, origin=Origin.TWIN)
    desk.world.run()
    standing = desk.book.partitions[3]

    assert (1, 70, 2, "no such operator") == (
        standing.version, standing.position, standing.refused, standing.problem,
    )  # fmt: skip

    said = {"kind": "oven", "partition": 3, "position": 90, "version": 3}
    desk.world.send(BOOK, "rules.applied", said, origin=Origin.TWIN)
    desk.world.run()

    assert (3, 90, None) == (
        desk.book.partitions[3].version, desk.book.partitions[3].position,
        desk.book.partitions[3].refused,
    )  # fmt: skip


def test_a_book_comes_back_from_the_store_as_it_was(desk: Desk) -> None:
    """Pages, editions, drafts and standings: stored as JSON and read again."""
    desk.now({**page("a"), "text": "# a"})
    desk.draft(page("b", count=3), remove=["a"])
    said = {"kind": "oven", "partition": 3, "position": 70, "version": 1}
    desk.world.send(BOOK, "rules.applied", said, origin=Origin.TWIN)
    desk.world.run()
    book = desk.book

    assert book == book.kind.restore(msgspec.json.encode(book), 1)


def test_what_a_kind_brings_is_taken_over_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A newer release's rules change nothing that is published; going back to 0 takes them."""
    documents = list(Vehicle.kind.ruleset.documents)
    desk, brought = Desk(), {document["rule"] for document in documents}
    book = "rulebook/vehicle"
    rule = {"rule": "fast", "kind": "vehicle", "when": "speed_kmh > 200"}

    def ask(name: str, **more: Any) -> Any:
        return desk.world.ask(book, f"rules.{name}", more)

    ask("draft", by="ann", put=[{"document": rule}])
    ask("publish", by="ann", draft="d1", approval=False)
    newer = {**rule, "rule": "newer"}
    monkeypatch.setattr(Vehicle.kind.ruleset, "documents", [*documents, newer])
    kept = set(ask("show")["rules"])
    ask("rollback", by="ann", version=0)
    taken = set(ask("show")["rules"])

    assert {*brought, "fast"} == kept
    assert {*brought, "newer"} == taken
