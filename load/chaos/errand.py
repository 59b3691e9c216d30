"""Errand: a kind of the fault runs. Each wish becomes a hold at a company, kept or given back.

It is loaded only by the nodes that `vigil chaos` starts. A hold's id counts what this twin has
handled, its arrangement names the wish: were a wish handled twice, the company's books would show
two holds for one wish.
"""

from msgspec import Struct, field

from twins.handler import done, failed, on
from twins.outputs import Outcome, Target
from twins.twin import Twin


class Wish(Struct):
    """What is wanted: `wanted`."""

    number: int
    """Of the wish, each once; also which unit is taken."""
    company: str
    """Base URL."""
    keep: bool
    """Whether the hold is confirmed, or given back."""


class Hold(Struct):
    """A hold whose end this twin still waits for."""

    hold_id: str
    company: str
    keep: bool


class Errand(Twin, kind="errand"):
    """Runs errands at a company that keeps books."""

    made: int = 0
    """Holds asked for."""
    kept: int = 0
    returned: int = 0
    lost: int = 0
    """Whose calls failed for good."""
    open: dict[str, Hold] = field(default_factory=dict)
    """By the number of the wish."""

    @on("wanted")
    def wanted(self, wish: Wish) -> None:
        """Hold a unit."""
        self.made += 1
        key = str(wish.number)
        hold = Hold(f"{self.id.partition('/')[2]}.{self.made}", wish.company, wish.keep)
        self.open[key] = hold
        body = {
            "offer_id": f"seat.{wish.number + 1}",
            "arrangement_id": f"wish-{key}",
            "customer_id": "customer/chaos",
            "expires_at": self.now + 3600.0,
        }
        self._call("hold", key, hold, body)

    @done("hold")
    def held(self, outcome: Outcome) -> None:
        """Keep it, or give it back."""
        hold = self.open[outcome.key]
        self._call("confirm" if hold.keep else "release", outcome.key, hold, {})

    @done("confirm")
    def confirmed(self, outcome: Outcome) -> None:
        """It is kept."""
        del self.open[outcome.key]
        self.kept += 1

    @done("release")
    def released(self, outcome: Outcome) -> None:
        """It is given back."""
        del self.open[outcome.key]
        self.returned += 1

    @failed("hold")
    @failed("confirm")
    def broken(self, outcome: Outcome) -> None:
        """Nobody can say whether it is held: give it back."""
        hold = self.open[outcome.key]
        self.lost += 1
        self._call("release", outcome.key, hold, {})

    @failed("release")
    def stuck(self, outcome: Outcome) -> None:
        """Ask again."""
        self._call("release", outcome.key, self.open[outcome.key], {})

    def _call(self, call: str, key: str, hold: Hold, body: dict[str, object]) -> None:
        # Calls of one hold go one after the other: a release never overtakes its hold.
        self.effect(
            call, Target.PROVIDER, hold.company,
            {"call": call, "hold_id": hold.hold_id, "body": body},
            key=key, order=f"{hold.company}#{hold.hold_id}",
        )  # fmt: skip
