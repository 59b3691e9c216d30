"""Ruled meters: the rules of meters change while they run, and hosts and gateways crash."""

from typing import TYPE_CHECKING, Any

from simulation.kinds import RISING, Meter
from simulation.meters import METERS, Meters

from twins.rulebook import LiveRules, Rulebook
from twins.rulebook.messages import DraftRequest, Page, PublishRequest, RollbackRequest
from twins.twin import Twin

if TYPE_CHECKING:
    from simulation.world import World

BOOK = f"rulebook/{Meter.kind.name}"
AUTHORS = ("ann", "ben")
WHEN = {
    "high": "value > {}",
    "loaded": "load > 0.1 * {}",
    "climbing": "rising(value, 2, band=0.5, above={})",
    "often": "count(value > {}, 30s) >= 2",
    "mean": "avg(value, 20s) > {}",
    "quiet": "silent({}s)",
}
"""Rule -> its condition, with a number left open."""


class RuledMeters(Meters):
    """Meters, and two people who write rules for them without talking to each other."""

    def speak(self, world: "World") -> None:
        """Mostly it is one of the authors."""
        if world.chance.random() < 0.2:
            super().speak(world)
        else:
            world.ask(*self._change(world))

    def _change(self, world: "World") -> tuple[str, str, Any]:
        chance = world.chance
        drafts = world.counts.get("ask.rules.draft", 0)
        what, by = chance.random(), chance.choice(AUTHORS)
        if what < 0.5 or not drafts:
            return BOOK, "rules.draft", self._draft(world, by)
        if what < 0.9:
            draft = f"d{max(1, drafts - chance.randrange(3))}"
            force = chance.random() < 0.7
            publish = PublishRequest(draft=draft, by=by, approval=False, force=force)
            return BOOK, "rules.publish", publish
        back = RollbackRequest(version=chance.randrange(3), by=by)
        return BOOK, "rules.rollback", back

    def _draft(self, world: "World", by: str) -> DraftRequest:
        """One of the rules, with another threshold, or gone; some cannot be run."""
        chance = world.chance
        name = chance.choice([*WHEN, RISING])
        if name == RISING or chance.random() < 0.15:
            return DraftRequest(by=by, remove=[name])
        document: dict[str, Any] = {
            "rule": name,
            "kind": Meter.kind.name,
            "on": ["level", "battery"] if chance.random() < 0.9 else "nothing",
            "when": WHEN[name].format(chance.randrange(30, 70)),
            # Desks heed it: what a rule finds has consequences in other partitions.
            "then": [{"signal": RISING}],
        }
        if chance.random() < 0.3:
            document["for"] = f"{chance.randrange(1, 9)}s"
        if chance.random() < 0.5:
            document["shadow"] = True
        return DraftRequest(by=by, put=[Page(document=document)])

    def check(self, twins: dict[str, Twin], where: str) -> None:
        """At rest the same version is live everywhere, and the rulebook knows since when."""
        super().check(twins, where)
        book = twins.get(BOOK)
        if book is None:
            return
        assert isinstance(book, Rulebook), where
        lives = {one.key: one for one in twins.values() if isinstance(one, LiveRules)}
        if not book.version:
            assert {} == lives, where
            return
        documents = [page.document for page in book.pages_of().values()]
        for number, standing in book.partitions.items():
            live = lives[str(number)].sets[Meter.kind.name]

            assert (book.version, documents) == (live.version, live.documents), where
            assert (live.version, live.position) == (standing.version, standing.position), where
        assert {int(key) for key in lives} == book.partitions.keys(), where
        for live_rules in lives.values():
            for hits in live_rules.hits.values():
                for seen in hits.values():
                    assert all(twin_id in METERS for twin_id in seen.twins), where
