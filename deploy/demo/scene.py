"""Scene: all that the demo shows, as plain data. The show writes it; a screen or a log reads it."""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from msgspec import Struct, field

from deploy.demo.plot import Step
from deploy.demo.watch import Telling

HISTORY_S: Final = 60
"""How many seconds of the fleet's rate are kept."""


class StageView(Struct):
    """One stage of the start."""

    name: str
    began_at: float
    """By the monotonic clock."""
    done_at: float | None = None
    share: float | None = None
    """Done so far, 0 to 1; None where nobody can tell."""
    of_the_end: bool = False
    """Whether it belongs to the end, not to the start."""


class FleetView(Struct):
    """How the fleet is doing."""

    cars: int = 0
    sent: int = 0
    acknowledged: int = 0
    waiting: int = 0
    """Sent and not acknowledged."""
    rates: deque[int] = field(default_factory=lambda: deque(maxlen=HISTORY_S))
    """Acknowledged in each of the last seconds, oldest first."""


class LinkView(Struct):
    """A link that a person may tap now."""

    who: str
    app: str
    url: str
    until: float
    """When the simulated customer taps it, seconds since the epoch."""


class Scene:
    """What there is to see.

    Args:
        heard: Called with each line that belongs into a log.
        clock: Monotonic seconds.
    """

    def __init__(
        self, heard: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._heard = heard
        self._clock = clock
        self._told: set[tuple[object, ...]] = set()
        self.began_at = clock()
        self.stages: list[StageView] = []
        self.drives = ""
        """Recorded or simulated, and how many."""
        self.added: list[str] = []
        """What is not in the drives but was added."""
        self.run = 1
        self.fleet = FleetView()
        self.fleet_at: float | None = None
        """When the fleet began to drive, seconds since the epoch."""
        self.fleet_ended_at: float | None = None
        self.ends_at: float | None = None
        """When it ends by itself, seconds since the epoch."""
        self.tellings: list[Telling] = []
        self.names: dict[str, str] = {}
        """Twin id -> name for people."""
        self.apps: dict[str, str] = {}
        """Customer id -> the app she likes best."""
        self.links: list[LinkView] = []
        self.live_url = ""
        self.ending = False

    @property
    def elapsed_s(self) -> float:
        """Seconds since the command."""
        return self._clock() - self.began_at

    # -- stages ------------------------------------------------------------------------------

    def stage(self, name: str, share: float) -> None:
        """A stage begins (0), goes on, or is done (1): a `deploy.stage.Progress`."""
        view = next((stage for stage in self.stages if stage.name == name), None)
        if view is None:
            view = StageView(name, self._clock(), of_the_end=self.ending)
            self.stages.append(view)
        if share > 0.0:
            view.share = share
        if share >= 1.0 and view.done_at is None:
            view.done_at = self._clock()
            self._heard(f"{name}: {view.done_at - view.began_at:.1f} s")

    # -- stories -----------------------------------------------------------------------------

    def hear(self) -> None:
        """Log the steps of the stories that were not logged yet."""
        for telling in self.tellings:
            for step in telling.verdict.steps:
                # Not by place: what is seen late may stand before what was told already.
                key = (telling.plot.name, step.name, step.at, step.twin_id, step.hold_id)
                if key not in self._told:
                    self._told.add(key)
                    self._heard(self.line(telling, step))

    def say(self, line: str) -> None:
        """Log a line of another kind."""
        self._heard(line)

    def line(self, telling: Telling, step: Step) -> str:
        """A step as one line of a log, with its ids."""
        after_s = step.at - (self.fleet_at or step.at)
        ids = " ".join(filter(None, (step.twin_id, step.hold_id)))
        detail = f"  ({step.detail})" if step.detail else ""
        return f"{after_s:7.2f} s  {telling.plot.name:<16}  {step.name:<22}  {ids}{detail}"
