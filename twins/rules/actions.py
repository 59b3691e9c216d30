"""Actions: what may follow when a rule fires.

    then:
      - signal: engine.overheating
        data: [coolant_c, speed_kmh]
      - command: {name: warn_driver, data: {coolant_c: coolant_c}}

An action is a model of what may stand there, and a pure function that carries it out through the
turn. More of them are added, in files of their own, by

    @action("case", CaseSaid)
    def open_case(act: Act[CaseSaid]) -> None: ...

A field of the model that is an `Expression` or a `Test` is checked with the rule, and computed when
it fires; all other fields are what was written.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Generic, TypeVar

from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field

from twins.ids import digest
from twins.kind import Kind
from twins.record import Firing
from twins.rules import tree
from twins.rules.document import Dotted
from twins.rules.duration import Duration
from twins.rules.template import Template
from twins.source import Path
from twins.turn import Turn

if TYPE_CHECKING:
    from twins.twin import Twin

MAX_DATA: Final = 64
"""Values that one action may carry."""

Data = (
    Annotated[dict[str, str | int | float | bool | None], Field(max_length=MAX_DATA)]
    | Annotated[list[str], Field(max_length=MAX_DATA)]
)
"""Expressions by name, or names of fields. The function is given their values."""


class Computed(Enum):
    """How a field's text is read."""

    VALUE = auto()
    TEST = auto()


Expression = Annotated[str, Field(min_length=1, max_length=1000), Computed.VALUE]
"""What has any value: a field, a number, a text in quotes."""

Test = Annotated[str, Field(min_length=1, max_length=1000), Computed.TEST]
"""What is true or false."""


class Said(BaseModel):
    """Base of what stands behind an action's name.

    `signal: x` is the same as `signal: {name: x}`, and keys beside the action's name belong to it.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, strict=True)

    main: ClassVar[str] = "name"
    """The field that stands behind the action's name where nothing else does."""

    data: Data = {}

    @classmethod
    def computed(cls) -> dict[str, Computed]:
        """The fields that are expressions."""
        return {
            name: how
            for name, info in cls.model_fields.items()
            for how in info.metadata
            if isinstance(how, Computed)
        }


S = TypeVar("S", bound=Said)


@dataclass(slots=True)
class Act(Generic[S]):
    """One action of one firing, with all that is needed to carry it out."""

    twin: "Twin"
    turn: Turn
    firing: Firing
    said: S
    number: int
    """Which of the rule's actions it is, from 0."""
    data: dict[str, Any]
    """Values of the expressions in `data`."""
    asked: dict[str, Any]
    """Values of the model's fields that are expressions."""
    templates: Mapping[str, Template]
    """Those of the rule set."""

    @property
    def id(self) -> str:
        """Constant for this action of this firing, in every replay the same."""
        return act_id(self.firing.id, self.number)

    def undone(self, reason: str) -> None:
        """Note, with the firing, that it could not be carried out, and why."""
        self.firing.why.setdefault("undone", []).append(reason)


def act_id(firing_id: str, number: int) -> str:
    """The id of a firing's action: constant in every replay."""
    return digest(firing_id, str(number))


@dataclass(frozen=True, slots=True)
class Written:
    """What an action's check looks at, once, when the rule is compiled."""

    kind: Kind
    """Of the rule."""
    templates: Mapping[str, Template]
    """Those that stand beside the rule."""
    data: Mapping[str, tree.Node]
    asked: Mapping[str, tree.Node]


Carry = Callable[[Act[S]], None]
Check = Callable[[S, Written], Iterator[tuple[Path, str]]]
Clear = Callable[["Twin", Turn, str, S], None]


class Action(Struct, frozen=True):
    """One sort of what may follow."""

    name: str
    model: type[Said]
    carry: Carry[Any]
    check: Check[Any] | None = None
    """Yields (keys that lead to the fault, message) for what the kind cannot do."""
    clear: Clear[Any] | None = None
    """Called when the rule is not open any more, with the id that the action had (`Act.id`)."""


ACTIONS: dict[str, Action] = {}
"""Every action, by the name under which it stands in `then`."""


def action(
    name: str, model: type[S], check: Check[S] | None = None, clear: Clear[S] | None = None
) -> Callable[[Carry[S]], Carry[S]]:
    """Register a function that carries out an action.

    Args:
        name: The key in `then`.
        model: What may stand behind it.
        check: Looks at it once, when the rule is compiled.
        clear: What to do when the rule is cleared.
    """

    def register(function: Carry[S]) -> Carry[S]:
        ACTIONS[name] = Action(name, model, function, check, clear)
        return function

    return register


class SignalSaid(Said):
    """Raises a signal: supervisors that heed it are told."""

    name: Dotted


@action("signal", SignalSaid)
def raise_signal(act: Act[SignalSaid]) -> None:
    """Signal, with the reason as `why`."""
    signal = act.twin.signal(act.said.name, **act.data, why=act.firing.why)
    act.firing.signals.append(signal.id)


class CommandSaid(Said):
    """Has the device do something."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    life: Duration | None = None
    """How long until it expires; default: as the kind says."""


def _takes(said: CommandSaid, written: Written) -> Iterator[tuple[Path, str]]:
    kind = written.kind
    takes = getattr(kind.cls, "takes", {})
    if said.name not in takes:
        known = f"it takes: {', '.join(takes)}" if takes else "it takes none"
        yield ("name",), f"a {kind.name} takes no command {said.name!r}; {known}"


@action("command", CommandSaid, _takes)
def give_command(act: Act[CommandSaid]) -> None:
    """Queue a command to the device; where too many are under way already, none is added."""
    from twins.devices.commands import CommandRequest  # noqa: PLC0415 - kinds import the rules

    twin: Any = act.twin
    said = act.said
    request = CommandRequest(
        name=said.name,
        data=act.data,
        id=digest(act.firing.id, said.name),
        expires_at=None if said.life is None else act.turn.now + said.life,
    )
    twin.command_requested(request)
