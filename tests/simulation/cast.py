"""Who plays in a simulation: which devices there are, what is said, and what effects come to."""

from typing import TYPE_CHECKING, Any, Protocol

from twins.outputs import Effect, Outcome
from twins.twin import Twin

if TYPE_CHECKING:
    from simulation.senders import Numbered
    from simulation.world import World


class Cast(Protocol):
    """The kinds of one simulation, and the world around them."""

    loops: str
    """Kind of whose events one now and then loops for ever; whatever is skipped is missed there."""
    pace: float
    """How fast time passes; with 1.0 a message between two twins takes some ten seconds."""

    def enter(self, world: "World") -> "list[Numbered]":
        """Set the scene, and return the devices that number their messages."""

    def speak(self, world: "World") -> None:
        """Let somebody who does not number say something."""

    def finish(self, world: "World") -> None:
        """While all come to rest: let devices say what they owe, and nothing new."""

    def question(self, world: "World") -> tuple[str, str, Any]:
        """A call: twin, name and data. Some are answered, some refused."""

    def carry_out(self, world: "World", effect: Effect) -> Outcome:
        """Execute an effect; it failed when the outcome has a reason."""

    def check(self, twins: dict[str, Twin], where: str) -> None:
        """What must hold for the twins at rest, whoever ran them."""
