"""What may follow a rule where people are concerned: a case at a desk, a message to a person.

    then:
      - case: {title: Coolant keeps rising, skill: roadside, close_on_clear: true}
      - message: {to: owner, template: coolant.hot, data: [coolant_c]}

Importing this module makes both known to rules.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field

from twins.errors import BadDeclaration, BadTwinId
from twins.ids import split
from twins.kind import KINDS, Kind
from twins.mirrors import linked_kind
from twins.people.casework import CaseNote, NewCase
from twins.people.messages import MAX_WORDINGS, MessageRequest, Purpose, Urgency, Words
from twins.record import Firing, note_opened
from twins.rules import tree
from twins.rules.actions import Act, Expression, Said, Written, action
from twins.rules.document import Dotted, Severity
from twins.rules.fields import Type
from twins.source import Path
from twins.turn import Turn

if TYPE_CHECKING:
    from twins.twin import Twin

DEFAULT_DESK = "desk/default"
"""Where cases of twins go that belong to no desk."""

CASE = "case"
"""What an open case is called in a rule: `open(case)`."""

_URGENT: dict[str, Urgency] = {
    Severity.CRITICAL.value: "high",
    Severity.WARNING.value: "normal",
    Severity.INFO.value: "low",
}


def urgency_of(said: Urgency | None, firing: Firing) -> Urgency:
    """How urgent it is; by default as the rule is severe."""
    return said or _URGENT[firing.severity]


def desk_of(twin: "Twin") -> str:
    """The desk that a twin belongs to."""
    desk = getattr(twin, "desk", None)
    return desk if isinstance(desk, str) and is_twin(desk, "desk") else DEFAULT_DESK


def is_twin(value: Any, kind: str | None = None) -> bool:
    """Whether a value names a twin (of this kind)."""
    try:
        found = split(value)[0] if isinstance(value, str) else None
    except BadTwinId:
        return False
    return found is not None and kind in (None, found)


# -- cases ---------------------------------------------------------------------------------------


class CaseSaid(Said):
    """Brings a person in, with why the rule fired."""

    main = "title"

    title: Annotated[str, Field(min_length=1, max_length=200)]
    """What there is to decide, in a line."""
    skill: Annotated[str, Field(min_length=1, max_length=200)]
    """What the employee must be able to do."""
    urgency: Urgency | None = None
    """Default: by the rule's severity."""
    close_on_clear: bool = False
    """Whether there is nothing to decide any more when the rule is cleared."""


def _close(twin: "Twin", turn: Turn, id_: str, said: CaseSaid) -> None:
    if said.close_on_clear:
        note = CaseNote(id=id_, text="it is over: the rule that opened the case has cleared")
        turn.tell(desk_of(twin), "case.cleared", note)


@action("case", CaseSaid, clear=_close)
def open_case(act: Act[CaseSaid]) -> None:
    """Open a case at the twin's desk; it has one for each firing."""
    said, firing, twin = act.said, act.firing, act.twin
    case = NewCase(
        id=act.id,
        subject=twin.id,
        reason=said.title,
        skill=said.skill,
        urgency=urgency_of(said.urgency, firing),
        context={"firing": firing.id, "at": firing.at, "why": dict(firing.why), "data": act.data},
        person=twin.whose,
    )
    act.turn.tell(desk_of(twin), "case.opened", case)
    note_opened(twin, case.id, CASE, act.turn.now)


# -- messages ------------------------------------------------------------------------------------


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Templates = Annotated[
    list[Dotted], BeforeValidator(_listed), Field(min_length=1, max_length=1 + MAX_WORDINGS)
]
"""One template, or several that say the same in other words: which is answered best is learned
(`twins.people.engaged`). The first is read by those of whom nothing is learned."""


class MessageSaid(Said):
    """Tells a person something, by the channel and in the language that she prefers."""

    main = "template"

    template: Templates
    """What she is told."""
    to: Expression
    """Whom: a link (`owner`), `id` where the rule is about the person herself."""
    urgency: Urgency | None = None
    """Default: by the rule's severity."""
    purpose: Purpose = "devices"
    """What for; without the person's consent it is not sent."""


def check_reader(to: tree.Node | None, kind: Kind) -> Iterator[tuple[Path, str]]:
    """What is wrong with whom a message goes to."""
    if to is None:
        return  # it is no expression, which has been told already
    if to.type not in (Type.TEXT, Type.OTHER):
        yield ("to",), f"{to.text} is no twin; name a link, `owner` say"
        return
    found = _kind_of(to, kind)
    known = None if found is None else KINDS.get(found)
    if known is not None and "message.requested" not in known.handlers:
        yield ("to",), f"{to.text} is a {found}, which nobody can tell anything; name a person"


def _kind_of(to: tree.Node, kind: Kind) -> str | None:
    """The kind of the twin that an expression leads to, as far as it can be seen."""
    if isinstance(to, tree.Literal) and isinstance(to.value, str):
        return to.value.partition("/")[0]
    if not isinstance(to, tree.Name) or to.origin is not tree.From.STATE:
        return None
    if to.field.name == "id":
        return kind.name
    try:
        return linked_kind(kind.cls, to.field.name)
    except BadDeclaration:
        return None


def check_templates(
    names: list[str], written: Written, where: Path = ("template",)
) -> Iterator[tuple[Path, str]]:
    """What is wrong with the templates that are named, for what their places are given.

    Args:
        names: What was named.
        written: What stands beside it.
        where: The keys that lead to the names.
    """
    first = written.templates.get(names[0])
    for number, name in enumerate(names):
        place = (*where, number) if len(names) > 1 else where
        yield from _check_template(name, written, place)
        template = written.templates.get(name)
        if name in names[:number]:
            yield place, f"{name} is named twice; other wordings have names of their own"
        elif first is not None and template is not None:
            lacks = [language for language in first.texts if language not in template.texts]
            if lacks:
                yield place, f"{name} is not there in {', '.join(lacks)}, and {names[0]} is"


def _check_template(name: str, written: Written, where: Path) -> Iterator[tuple[Path, str]]:
    template = written.templates.get(name)
    if template is None:
        known = ", ".join(written.templates) or "none"
        yield where, f"{written.kind.name} has no template {name!r}; there are: {known}"
        return
    lacks = sorted(template.places - written.data.keys())
    if lacks:
        yield where, f"the template shows {', '.join(lacks)}; put it into `data`"


def _check_message(said: MessageSaid, written: Written) -> Iterator[tuple[Path, str]]:
    yield from check_reader(written.asked.get("to"), written.kind)
    yield from check_templates(said.template, written)


def words_of(texts: dict[str, dict[str, str]]) -> dict[str, Words]:
    """A template's texts, as they travel."""
    return {
        language: Words(subject=words["subject"], text=words["text"], html=words.get("html"))
        for language, words in texts.items()
    }


def wordings_of(act: Act[Any], names: list[str]) -> dict[str, dict[str, Words]]:
    """The other wordings of a message, by name."""
    return {name: words_of(act.templates[name].texts) for name in names[1:]}


@action("message", MessageSaid, _check_message)
def send_message(act: Act[MessageSaid]) -> None:
    """Ask the person's twin to have her told."""
    said, to = act.said, act.asked["to"]
    if not is_twin(to):
        act.undone(f"message {said.template[0]}: {said.to} is no twin")
        return
    request = MessageRequest(
        id=act.id,
        about=act.twin.id,
        template=said.template[0],
        texts=words_of(act.templates[said.template[0]].texts),
        wordings=wordings_of(act, said.template),
        data=act.data,
        urgency=urgency_of(said.urgency, act.firing),
        purpose=said.purpose,
    )
    act.turn.tell(to, "message.requested", request)
