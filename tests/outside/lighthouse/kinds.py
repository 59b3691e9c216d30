"""What the package brings: a kind by class, a kind by Thing Description, and a supervisor."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, ClassVar

from msgspec import Meta

from lighthouse.keepers import Keepers
from twins import Reading, ask, on, told
from twins.devices import Commanded, Spec
from twins.documents import load_kind
from twins.ids import DealerId, DeskId
from twins.settings import UNSET, Settings, UnsetType

__all__ = ["Keepers", "Lighthouse"]


class Beam(Reading):
    """What a lighthouse measures."""

    lamp_v: Annotated[float, Meta(ge=0, le=400)] | None = None
    turns_min: Annotated[float, Meta(ge=0, le=60)] | None = None


class LighthouseSettings(Settings):
    """Who cares for it."""

    yard: DealerId | UnsetType | None = UNSET
    desk: DeskId | UnsetType | None = UNSET


class Lighthouse(Commanded, kind="lighthouse"):
    """A lighthouse; its rules stand in a file beside this one."""

    takes: ClassVar[dict[str, Spec]] = {"spare_lamp": Spec(life_s=60.0)}
    rules: ClassVar[Traversable] = files(__package__) / "lighthouse.yaml"

    lamp_v: float | None = None
    turns_min: float | None = None
    yard: DealerId | None = None
    desk: DeskId | None = None

    @on("beam")
    def beam(self, reading: Beam) -> None:
        """Take over a reading."""
        self.update(reading)

    @told("configured")
    def configured(self, settings: LighthouseSettings) -> None:
        """Take over who cares for it."""
        settings.apply(self)

    @ask("seen_from_m")
    def seen_from_m(self) -> float:
        """How far its light is seen, in metres, by its lamp's voltage."""
        return 150.0 * (self.lamp_v or 0.0)


load_kind((files(__package__) / "buoy.td.json").read_text(encoding="utf-8"), "buoy.td.json")
