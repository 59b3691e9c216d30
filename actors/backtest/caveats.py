"""Caveats: what a replay cannot know, in words, where it matters."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from actors.backtest.contest import Contest
from actors.backtest.replay import Part
from actors.backtest.report import Caveat
from twins.rules.duration import spoken

SHOWN = 5
"""Versions that are named."""


class Known(Struct):
    """What was known where a partition's replay began."""

    partition: int
    whole: bool
    """From the first position of its log on."""
    checkpoint: bool
    """From a checkpoint on that is older than the span."""
    oldest: float | None
    """Log time of the first block that was read; None: there was none."""
    guessed: int
    """Twins that are known from today's checkpoint alone."""


def caveats(
    contests: Mapping[str, Contest],
    known: Sequence[Known],
    parts: Sequence[Part],
    since: float,
    share: float,
) -> list[Caveat]:
    """What the reader of a report has to know, the weightiest first."""
    found = [*_beginning(contests, known, since), *_parked(parts), *_versions(contests, parts)]
    if share < 1.0:
        text = f"Numbers are of {share:.4g} of the twins, chosen by their ids; they are not scaled."
        found.append(Caveat("sample", text))
    text = (
        "What followed from rules is what really followed: answers, outcomes, and what people and "
        "other twins did came of the rules that were live then. Had the candidate acted otherwise, "
        "they would be others."
    )
    return [*found, Caveat("outcomes", text)]


def _beginning(
    contests: Mapping[str, Contest], known: Sequence[Known], since: float
) -> Iterator[Caveat]:
    for whole in (False, True):
        begins = [
            one.oldest
            for one in known
            if one.whole is whole and not one.checkpoint and (one.oldest or 0.0) > since
        ]
        if begins:
            where = f"In {len(begins)} of {len(known)} partitions the log begins after"
            last = max(filter(None, begins))
            where = f"{where} {_iso(since)}, in the last one at {_iso(last)}"
            if whole:
                yield Caveat("log_began_later", f"{where}, with its very first event.")
            else:
                yield Caveat("history_begins_later", f"{where}: earlier history was trimmed.")
    guessed = sum(one.guessed for one in known)
    if guessed:
        text = (
            f"The log does not reach back to the beginning of {guessed} twins. What messages once "
            "told them (owner, settings, linked fields) is taken from today; what they measured is "
            "unknown until their first reading in the log."
        )
        yield Caveat("twins_of_today", text)
    reach = max((contest.looks_back_s for contest in contests.values()), default=0.0)
    cold = [
        one
        for one in known
        if not one.whole and not one.checkpoint and (one.oldest or 0.0) > since - reach
    ]
    if cold and reach:
        text = (
            f"Rules look back up to {spoken(reach)}, and in {len(cold)} partitions the log does "
            f"not reach so far before {_iso(since)}: windows fill, and what had happened is not "
            "known, until then."
        )
        yield Caveat("windows_begin_empty", text)


def _parked(parts: Iterable[Part]) -> Iterator[Caveat]:
    lost = sum(part.lost for part in parts)
    if lost:
        text = (
            f"{lost} twins raised with one rule set only, and were set aside there: what they "
            "would have done afterwards is not known."
        )
        yield Caveat("parked", text)


def _versions(contests: Mapping[str, Contest], parts: Iterable[Part]) -> Iterator[Caveat]:
    """Other versions were live in a part of the span; every partition was told the same."""
    told = {(kind, version): at for part in parts for at, kind, version in part.published}
    for kind, contest in contests.items():
        versions = sorted((version, at) for (name, version), at in told.items() if name == kind)
        if not versions:
            continue
        shown = ", ".join(f"{version} at {_iso(at)}" for version, at in versions[-SHOWN:])
        text = (
            f"Rules of {kind} were published within the span ({shown}). It is compared with "
            f"version {contest.live.version}, which is live now, as if it had been all the time."
        )
        yield Caveat("versions_changed", text)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
