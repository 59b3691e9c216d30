"""Reports of backtests, made by real replays of a small history."""

from typing import Any

from support.feed import START
from support.history import Documents, History, contest

from actors.backtest.caveats import Known, caveats
from actors.backtest.replay import Replay
from actors.backtest.report import Report
from actors.backtest.tally import merged_rules, merged_signals
from twins.rules.actions import Act, Action, Said


def report_of(history: History, live: Documents, candidate: Documents, **more: Any) -> Report:
    """What a job says of one partition, which took two seconds."""
    contests = {"vehicle": contest(live, candidate)}
    share = more.pop("share", 1.0)
    replay = Replay(0, 1, contests, since=START, share=share, **more)
    history.feed(replay)
    part = replay.finish(START + 1000.0)
    known = [Known(0, whole=True, checkpoint=False, oldest=START - 1.0, guessed=0)]
    return Report(
        since=START, until=START + 1000.0, began=START, stretch_s=60.0, share=share,
        kinds=[one.about for one in contests.values()],
        rules=merged_rules([part.rules], 20),
        signals=merged_signals([part.signals]),
        parked=part.parked, parked_twins=part.parked_twins,
        caveats=caveats(contests, known, [part], START, share),
        twins=part.twins, events=part.events, warm_up=part.warm_up, blocks=part.blocks,
        seconds=2.0, events_per_second=part.events / 2.0,
    )  # fmt: skip


def heating(cars: int = 2, seconds: int = 5) -> History:
    """Cars that get hot, each by a degree more than the one before it."""
    history = History()
    for second in range(seconds):
        for car in range(cars):
            history.measure(10.0 * second + car, f"vehicle/v{car}", coolant_c=98 + second + car)
    return history


def explosive() -> Action:
    """An action that raises."""

    def explode(act: Act[Said]) -> None:
        raise ValueError(f"{act.twin.id} is on fire")

    return Action("explode", Said, explode)
