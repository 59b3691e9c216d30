"""Story: what the demo needs to know of a story to tell it. A story is one file in `stories/`.

`Story` is the interface; `deploy.demo.script` is for stories whose devices say what stands in a
list, which is most of them. The demo itself knows no story.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Protocol

from msgspec import Struct

from deploy.demo.cast import Cast, Master
from deploy.demo.count import Given
from deploy.demo.memory import Memory
from deploy.demo.plot import Plot
from deploy.demo.providers import Providers
from deploy.demo.report import DrivesSource
from deploy.demo.scene import FleetView
from deploy.demo.seen import Seen
from deploy.demo.truths import Truth
from deploy.demo.watch import Telling
from gateway.fleet import Fleet
from load.providers.world import World


class Seat(Struct, frozen=True, kw_only=True):
    """With what a story is told."""

    seed: int
    """Of all that chance decides."""
    cars: int
    """How many cars drive, in stories of a fleet."""
    patience_s: float
    """How long a customer leaves her link to a person, in seconds."""
    drives: Path | None
    """Folder with recorded drives; None: simulated ones."""
    memory: Memory
    """Of earlier runs on the data folder, and of this one."""
    began_at: float
    """Seconds since the epoch."""
    streets: Path
    """Folder with the maps of both towns; see `deploy.demo.ground`."""


class Players(Protocol):
    """The devices of a story."""

    @property
    def twin_ids(self) -> list[str]:
        """Of all of them."""

    async def run(self) -> None:
        """Send what they send, when they send it."""

    async def settle(self) -> bool:
        """Wait for the last acknowledgements; returns whether all came."""

    def given(self) -> dict[str, Given]:
        """Twin id -> what its device sent so far."""


class Story:
    """How one story is told. The demo calls the methods in this order; each but `truths` once."""

    name: ClassVar[str]
    """For `vigil demo --story`."""
    about: ClassVar[str]
    """In one line, for people."""
    plots: ClassVar[tuple[Plot, ...]]
    """The ways that it may go; all are told in one run."""
    source: ClassVar[DrivesSource] = "scripted"
    """Where the devices' readings come from."""
    added: ClassVar[tuple[str, ...]] = ("all devices, persons and companies",)
    """What was not recorded."""
    escalations: ClassVar[int] = 1
    """How often a case goes on before somebody takes it, so that one sees that it does."""
    on_streets: ClassVar[bool] = False
    """Whether the companies' vehicles drive on streets, or as the crow flies."""
    drive_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __init__(self, seat: Seat) -> None:
        self.seat = seat

    def load(self) -> str:
        """Read or make what the devices send; runs in a thread. Returns a line for people."""
        return self.about

    def world(self) -> World:
        """The companies."""
        raise NotImplementedError

    async def prepare(self, providers: Providers) -> None:
        """Bring the companies into the state in which the story finds them."""

    def cast(self, providers_url: str, inbox_url: str) -> Cast:
        """Who there is, as master data."""
        raise NotImplementedError

    def tellings(self) -> list[Telling]:
        """One for each plot: whose story it is. Runs in a thread."""
        raise NotImplementedError

    def clocked(self, now: float) -> Sequence[Master]:  # noqa: ARG002 - a hook: most stories tell nothing so late
        """What must be true from when the devices begin on, however long the start took.

        Args:
            now: A moment before they do; seconds since the epoch.
        """
        return ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """Of all devices."""
        raise NotImplementedError

    def players(self, fleets: dict[str, Fleet], view: FleetView) -> Players:
        """The devices, each on its kind's connection; they keep the view up to date."""
        raise NotImplementedError

    async def truths(self, telling: Telling, seen: Seen) -> list[Truth]:  # noqa: ARG002 - a hook: most stories claim nothing beside their steps
        """Hold what Vigil claims in a story against the world: what its `plot.truths` names.

        Args:
            telling: With the facts as they are known by now.
            seen: What both sides say.

        Raises:
            ApiProblem, ApiUnreachable, httpx2.HTTPError: It cannot be seen just now.
        """
        return []
