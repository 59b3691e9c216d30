"""A partition's history, built block by block, and replayed with two rule sets."""

from typing import Any

from support.feed import START, device

from actors.backtest.contest import Contest
from actors.backtest.replay import Part, Replay
from actors.backtest.report import Fired, RuleResult
from actors.block import GENESIS, Entry, chain, decode_block, encode_block
from twins.rules.ruleset import compile_rules

Documents = list[dict[str, Any]]


def rule(name: str, when: str = "coolant_c > 100", **more: Any) -> dict[str, Any]:
    """A rule of vehicles."""
    return {"rule": name, "kind": "vehicle", "on": "telemetry", "when": when, **more}


def contest(live: Documents, candidate: Documents, kind: str = "vehicle") -> Contest:
    """Two rule sets; the live one is version 4."""
    return Contest(kind, compile_rules(kind, live, 4), compile_rules(kind, candidate))


class History:
    """The log of one partition. Times are seconds after the tests' logs begin."""

    def __init__(self, number: int = 0, partitions: int = 1) -> None:
        self.number = number
        self.partitions = partitions
        self.log: list[tuple[bytes, float]] = []
        self._heads: dict[int, bytes] = {}
        self._told: dict[int, int] = {}
        self._numbers: dict[str, int] = {}

    def block(self, *entries: Entry, at: float) -> None:
        """A gateway's block."""
        self._append(encode_block(1, self._heads.get(-1, GENESIS), list(entries)), -1, at)

    def told(self, source: int, position: int, *entries: Entry, at: float) -> None:
        """What another partition's twins told here."""
        body = encode_block(
            0, self._heads.get(source, GENESIS), list(entries),
            source=source, position=position, before=self._told.get(source, 0),
        )  # fmt: skip
        self._told[source] = position
        self._append(body, source, at)

    def tick(self, at: float) -> None:
        """Time passes."""
        self.log.append((encode_block(0, GENESIS, []), START + at))

    def _append(self, body: bytes, source: int, at: float) -> None:
        self._heads[source] = chain(body)
        self.log.append((body, START + at))

    def reading(self, at: float, twin_id: str = "vehicle/v1", **data: Any) -> Entry:
        """What a car measured; numbered, so that what comes again is recognised."""
        number = self._numbers[twin_id] = self._numbers.get(twin_id, 0) + 1
        return device(twin_id, "telemetry", data, time=START + at, boot=1, sequence=number)

    def measure(self, at: float, twin_id: str = "vehicle/v1", **data: Any) -> None:
        """A block with one reading, which was taken as it was measured."""
        self.block(self.reading(at, twin_id, **data), at=at)

    def replay(
        self, live: Documents, candidate: Documents, *, since: float = 0.0, until: float = 1e5,
        first: int = 1, **more: Any,
    ) -> Part:  # fmt: skip
        """Replay it from a position on, in which every twin begins anew."""
        contests = {"vehicle": contest(live, candidate)}
        replay = Replay(self.number, self.partitions, contests, since=START + since, **more)
        self.feed(replay, first)
        return replay.finish(START + until)

    def feed(self, replay: Replay, first: int = 1) -> None:
        """Give it every message from a position on."""
        for position, (body, stamp) in enumerate(self.log, 1):
            if position >= first:
                replay.take(decode_block(body), body, position, stamp)


def fired(part: Part, rule: str = "hot") -> tuple[int, int, int]:
    """(with the candidate, with the live rules, the same) of a rule."""
    found = result(part, rule)
    return found.candidate, found.live, found.both


def result(part: Part, rule: str = "hot") -> RuleResult:
    """What came of a rule."""
    return next(one for one in part.rules if one.rule == rule)


def times(firings: list[Fired], start: float = START) -> list[tuple[str, float]]:
    """(twin, event time) of firings."""
    return [(one.twin_id, one.at - start) for one in firings]
