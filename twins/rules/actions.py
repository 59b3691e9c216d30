"""Actions: what may follow when a rule fires.

    then:
      - signal: engine.overheating
        data: [coolant_c, speed_kmh]
      - command: {name: warn_driver, data: {coolant_c: coolant_c}}

An action is a model of what may stand there, and a pure function that carries it out through the
turn. More of them are added, in files of their own, by

    @action("case", CaseSaid)
    def open_case(twin, turn, firing, said, data): ...
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field

from twins.ids import digest
from twins.kind import Kind
from twins.record import Firing, note_tried
from twins.rules.document import Dotted
from twins.rules.duration import Duration
from twins.turn import Turn

if TYPE_CHECKING:
    from twins.twin import Twin

Data = dict[str, str | int | float | bool | None] | list[str]
"""Expressions by name, or names of fields. The function is given their values."""


class Said(BaseModel):
    """Base of what stands behind an action's name.

    `signal: x` is the same as `signal: {name: x}`, and keys beside the action's name belong to it.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, strict=True)

    data: Data = {}


S = TypeVar("S", bound=Said)
Carry = Callable[["Twin", Turn, Firing, S, dict[str, Any]], None]
Check = Callable[[Kind, S], tuple[str, str] | None]


class Action(Struct, frozen=True):
    """One sort of what may follow."""

    name: str
    model: type[Said]
    carry: Carry[Any]
    check: Check[Any] | None = None
    """Returns (key at fault, message) where the kind cannot do it; None: it can."""


ACTIONS: dict[str, Action] = {}
"""Every action, by the name under which it stands in `then`."""


def action(
    name: str, model: type[S], check: Check[S] | None = None
) -> Callable[[Carry[S]], Carry[S]]:
    """Register a function that carries out an action.

    Args:
        name: The key in `then`.
        model: What may stand behind it.
        check: Looks at it once, when the rule is compiled, for the kind of the rule.
    """

    def register(function: Carry[S]) -> Carry[S]:
        ACTIONS[name] = Action(name, model, function, check)
        return function

    return register


class SignalSaid(Said):
    """Raises a signal: supervisors that heed it are told."""

    name: Dotted


@action("signal", SignalSaid)
def raise_signal(
    twin: "Twin",
    turn: Turn,  # noqa: ARG001 - as all are called
    firing: Firing,
    said: SignalSaid,
    data: dict[str, Any],
) -> None:
    """Signal, with the reason as `why`."""
    signal = twin.signal(said.name, **data, why=firing.why)
    firing.signals.append(signal.id)


class CommandSaid(Said):
    """Has the device do something."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    life: Duration | None = None
    """How long until it expires; default: as the kind says."""


def _takes(kind: Kind, said: CommandSaid) -> tuple[str, str] | None:
    takes = getattr(kind.cls, "takes", {})
    if said.name in takes:
        return None
    known = f"it takes: {', '.join(takes)}" if takes else "it takes none"
    return "name", f"a {kind.name} takes no command {said.name!r}; {known}"


@action("command", CommandSaid, _takes)
def give_command(
    twin: "Twin", turn: Turn, firing: Firing, said: CommandSaid, data: dict[str, Any]
) -> None:  # fmt: skip
    """Queue a command to the device; it counts as a remedy that was tried.

    Where too many are under way already, none is added.
    """
    from twins.devices.commands import CommandRequest  # noqa: PLC0415 - kinds import the rules

    twin_: Any = twin
    request = CommandRequest(
        name=said.name,
        data=data,
        id=digest(firing.id, said.name),
        expires_at=None if said.life is None else turn.now + said.life,
    )
    twin_.command_requested(request)
    note_tried(twin, said.name, turn.now)
