"""Live rules: the twin `partition/<p>`, which says what the rules are in one partition.

It is a twin like any other: told by rulebooks through the log, stored with checkpoints, read like
a car. The partition that it names runs whatever it says (`actors.in_force`).
"""

from typing import Any

import msgspec
from msgspec import Struct, field

from twins.handler import told
from twins.ids import PARTITION
from twins.rulebook.compiling import rules_of
from twins.rulebook.messages import (
    APPLIED,
    PUBLISHED,
    REFUSED,
    Published,
    VersionApplied,
    VersionRefused,
)
from twins.turn import Hit, current
from twins.twin import Twin

SHOWN_TWINS = 5
"""Of a shadow rule: on which twins it would have fired last."""

MAX_PROBLEM = 2000


class LiveSet(Struct, kw_only=True, omit_defaults=True):
    """The rules of one kind."""

    version: int = 0
    position: int = 0
    """Of the log, since which they are live; what came before was handled by others."""
    at: float = 0.0
    """The log's time there."""
    documents: list[dict[str, Any]] = []
    refused: int = 0
    """Versions that this partition's code could not run, since it began."""


class Hits(Struct, kw_only=True, omit_defaults=True):
    """When a shadow rule would have fired."""

    count: int = 0
    last_at: float = 0.0
    """Of the event, seconds since the epoch."""
    twins: list[str] = []
    """The last few, each once, the newest last."""


class LiveRules(Twin, kind=PARTITION):
    """What is live in one partition, and what its shadow rules saw."""

    sets: dict[str, LiveSet] = field(default_factory=dict)
    """By kind."""
    hits: dict[str, dict[str, Hits]] = field(default_factory=dict)
    """Kind -> shadow rule -> its hits, since it is as it is."""

    @told(PUBLISHED)
    def published(self, published: Published) -> None:
        """Take a version up, if this code can run it; its rulebook is told which it is.

        Versions come in order. An older one could only be somebody else's word: it is ignored, as
        is anything that is not the rulebook's.
        """
        kind, version, position = published.kind, published.version, current().position
        book = f"rulebook/{kind}"
        live = self.sets.get(kind) or LiveSet()
        if self.event.source != book or version <= live.version:
            return
        self.sets[kind] = live
        where = {"kind": kind, "partition": int(self.key), "version": version, "position": position}
        try:
            rules_of(kind, published.documents, version)
        except Exception as error:  # noqa: BLE001 - whatever it is, a partition must not stand still for it
            problem = f"{type(error).__name__}: {error}"[:MAX_PROBLEM]
            live.refused += 1
            self.tell(book, REFUSED, msgspec.convert({**where, "problem": problem}, VersionRefused))
            return
        self._keep_hits(kind, live.documents, published.documents)
        live.version, live.position, live.at = version, position, self.now
        live.documents = published.documents
        self.tell(book, APPLIED, msgspec.convert(where, VersionApplied))

    def _keep_hits(
        self, kind: str, before: list[dict[str, Any]], after: list[dict[str, Any]]
    ) -> None:
        """A rule that is another now has seen nothing yet."""
        same = [document["rule"] for document in after if document in before]
        hits = self.hits.get(kind, {})
        kept = {name: hits[name] for name in same if name in hits}
        if kept:
            self.hits[kind] = kept
        else:
            self.hits.pop(kind, None)

    def saw(self, hit: Hit) -> None:
        """Note that a shadow rule would have fired; the partition calls it."""
        kind = hit.twin_id.partition("/")[0]
        hits = self.hits.setdefault(kind, {}).setdefault(hit.rule, Hits())
        hits.count += 1
        hits.last_at = hit.at
        hits.twins = [*(id_ for id_ in hits.twins if id_ != hit.twin_id), hit.twin_id][
            -SHOWN_TWINS:
        ]
