"""Plan: a document whose every expression and action is checked for its kind; not yet code."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Final

from pydantic import ValidationError

from twins.ids import digest
from twins.kind import Kind
from twins.rules import tree
from twins.rules.actions import ACTIONS, Action, Computed, Said, Written
from twins.rules.decide import DecideSaid
from twins.rules.document import SEVERITIES, Document, problems_of
from twins.rules.errors import BadRule, Problem
from twins.rules.expression import parse_condition, parse_value
from twins.rules.fields import Field, event_fields, fields_of, mirrored_fields
from twins.rules.scope import Scope
from twins.rules.syntax import BadExpression
from twins.rules.tables import Table
from twins.rules.template import Template
from twins.source import Path

MAX_REMEMBERED: Final = 16
"""Operators of one rule that remember something: each takes memory of every twin."""

RESERVED: Final = {"why"}
"""Keys of a signal's data that the rule itself fills."""


@dataclass(frozen=True, slots=True)
class Escalates:
    """A step up while its condition holds."""

    level: int
    """Index of its severity."""
    when: tree.Node
    clear: tree.Node | None


@dataclass(frozen=True, slots=True)
class Follows:
    """One thing that follows, with the trees of its data."""

    action: Action
    said: Said
    data: dict[str, tree.Node]
    asked: dict[str, tree.Node]
    """Of its fields that are expressions."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One rule, checked."""

    document: Document
    types: tuple[str, ...]
    """The event types that it watches."""
    context: tree.Node | None
    when: tree.Node | None
    """None: every event."""
    clear: tree.Node | None
    escalate: tuple[Escalates, ...]
    then: tuple[Follows, ...]
    calls: tuple[tree.Call, ...]
    """Operators that remember something, in the order of their slots."""
    momentary: bool
    """Each event for which it holds is one firing: it never stays open."""
    digest: int
    """Of all that decides what its memory means."""

    @property
    def name(self) -> str:
        """The rule's."""
        return self.document.rule

    @property
    def conditions(self) -> list[tree.Node]:
        """All trees that are true or false."""
        found = [self.context, self.when, self.clear]
        for one in self.escalate:
            found += [one.when, one.clear]
        return [node for node in found if node is not None]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The names of a kind, looked up once for all of its rules."""

    kind: Kind
    state: dict[str, Field]
    mirrors: dict[str, dict[str, Field]]
    readings: tuple[str, ...]
    """Event types whose payload is a reading."""
    tables: Mapping[str, Table]
    templates: Mapping[str, Template]

    @classmethod
    def of(
        cls, kind: Kind, tables: Mapping[str, Table] | None = None,
        templates: Mapping[str, Template] | None = None,
    ) -> "Catalogue":  # fmt: skip
        """Of a kind, with the decision tables and templates that its rules may use."""
        readings = tuple(name for name, handler in kind.handlers.items() if handler.reading)
        return cls(
            kind, fields_of(kind), mirrored_fields(kind), readings, tables or {}, templates or {}
        )

    def scope(self, types: Iterable[str], *, remembers: bool = True) -> Scope:
        """What an expression of a rule over these event types may name."""
        event: dict[str, Field] = {}
        for type_ in types:
            event = {**event_fields(self.kind, type_), **event}
        return Scope(self.kind.name, self.state, event, self.mirrors, remembers)


def plan_rule(document: Document, catalogue: Catalogue) -> Plan:
    """Check one document for its kind, or raise `BadRule` with every problem."""
    return _Planner(document, catalogue).plan()


class _Planner:
    """Checks one document."""

    def __init__(self, document: Document, catalogue: Catalogue) -> None:
        self._document = document
        self._catalogue = catalogue
        self._problems: list[Problem] = []

    def plan(self) -> Plan:
        """Return the plan, or raise all that was found."""
        document = self._document
        kind = self._catalogue.kind
        if document.kind != kind.name:
            self._problem(("kind",), f"this is no rule of {kind.name}", word=document.kind)
            raise BadRule(self._problems)
        types = self._types()
        scope = self._catalogue.scope(types)
        bare = self._catalogue.scope(types, remembers=False)
        context = self._condition(("context",), document.context, bare)
        when = self._condition(("when",), document.when, scope)
        clear = self._condition(("clear",), document.clear, scope)
        escalate = self._escalations(scope)
        then = self._then(scope)
        momentary = document.when is None or (when is not None and _of_the_moment(when))
        self._check(momentary=momentary)
        if self._problems:
            raise BadRule(self._problems)
        trees = [when, clear]
        for one in escalate:
            trees += [one.when, one.clear]
        for follows in then:
            trees += [*follows.data.values(), *follows.asked.values()]
        calls: dict[str, tree.Call] = {}
        for node in trees:
            if node is not None:
                calls |= tree.calls(node)
        if len(calls) > MAX_REMEMBERED:
            message = (
                f"{len(calls)} operators that remember something are more than {MAX_REMEMBERED}; "
                "make two rules of it"
            )
            self._problem((), message)
            raise BadRule(self._problems)
        meaning = [document.kind, *types, str(document.for_)]
        meaning += [str(node and node.text) for node in (context, *trees[: 2 + 2 * len(escalate)])]
        return Plan(
            document=document,
            types=types,
            context=context,
            when=when,
            clear=clear,
            escalate=tuple(escalate),
            then=tuple(then),
            calls=tuple(calls.values()),
            momentary=momentary,
            digest=int(digest(*meaning, *calls)[:8], 16),
        )

    # -- problems ----------------------------------------------------------------------------

    def _problem(self, path: Path, message: str, *, key: bool = False, word: str = "") -> None:
        document = self._document
        self._problems.append(
            Problem.at(document.source, path, message, rule=document.rule, key=key, word=word)
        )

    def _bad(self, path: Path, text: str, error: BadExpression) -> None:
        """Point to the first word of the part at fault."""
        start, end = error.span
        match = re.compile(r"[\w.]+|\S").search(text, start)
        word = match[0] if match else ""
        document = self._document
        self._problems.append(
            Problem.at(
                document.source,
                path,
                str(error),
                rule=document.rule,
                word=word,
                nth=sum(text.startswith(word, at) for at in range(start)) if word else 0,
                shown=" ".join(text[start:end].split()),
            )
        )

    # -- parts -------------------------------------------------------------------------------

    def _types(self) -> tuple[str, ...]:
        document, kind = self._document, self._catalogue.kind
        if document.on is None:
            if not self._catalogue.readings:
                self._problem(
                    (), f"a {kind.name} sends no readings: say `on` which events it looks"
                )
            return self._catalogue.readings
        for number, name in enumerate(document.on):
            if name not in kind.handlers:
                near = get_close_matches(name, kind.handlers, 1)
                known = f"did you mean {near[0]}?" if near else f"it takes: {kind.takes}"
                path = ("on", number) if isinstance(document.plain["on"], list) else ("on",)
                self._problem(path, f"a {kind.name} takes no {name!r}; {known}", word=name)
        return tuple(dict.fromkeys(name for name in document.on if name in kind.handlers))

    def _condition(self, path: Path, text: str | None, scope: Scope) -> tree.Node | None:
        if text is None:
            return None
        try:
            return parse_condition(text, scope)
        except BadExpression as error:
            self._bad(path, text, error)
            return None

    def _escalations(self, scope: Scope) -> list[Escalates]:
        document, found = self._document, []
        base = SEVERITIES.index(document.severity)
        for number, one in enumerate(document.escalate):
            path = ("escalate", number)
            when = self._condition((*path, "when"), one.when, scope)
            clear = self._condition((*path, "clear"), one.clear, scope)
            level = SEVERITIES.index(one.to)
            if level <= base:
                self._problem((*path, "to"), f"{one.to} is no worse than {document.severity}")
            if when is not None:
                found.append(Escalates(level, when, clear))
        return found

    def _then(self, scope: Scope) -> list[Follows]:
        document = self._document
        then = document.then
        if then is None:
            then = [{"signal": document.rule}]
        found = []
        for number, one in enumerate(then):
            follows = self._follows(number, one, scope)
            if follows is not None:
                found.append(follows)
                scope = self._decided(number, follows, scope)
        return found

    def _decided(self, number: int, follows: Follows, scope: Scope) -> Scope:
        """What follows a decision may name its answer."""
        said = follows.said
        if not isinstance(said, DecideSaid):
            return scope
        tables = self._catalogue.tables
        table = tables.get(said.name)
        if table is None:
            near = get_close_matches(said.name, tables, 1)
            hint = (
                f"did you mean {near[0]}?" if near else f"there are: {', '.join(tables) or 'none'}"
            )
            message = f"{self._catalogue.kind.name} has no decision table {said.name!r}; {hint}"
            self._problem(("then", number, "decide"), message, word=said.name)
            return scope
        missing = [name for name in table.inputs if name not in follows.data]
        if missing:
            message = f"the table looks at {', '.join(missing)}; put it into `data`"
            self._problem(("then", number, "decide"), message, word=said.name)
        said.bind(table)
        return replace(scope, decided={**scope.decided, said.answer: said.fields()})

    def _follows(self, number: int, one: dict[str, Any], scope: Scope) -> Follows | None:
        document = self._document
        path: Path = ("then", number)
        named = [key for key in one if key in ACTIONS]
        if len(named) != 1:
            near = [get_close_matches(str(key), ACTIONS, 1) for key in one]
            hint = next((f"; did you mean {match[0]}?" for match in near if match), "")
            what = "two actions at once" if named else "no action"
            message = (
                f"{what}: write one of {', '.join(ACTIONS)}, each in an entry of its own{hint}"
            )
            self._problem(path, message, word=str(next(iter(one), "")))
            return None
        name = named[0]
        action, said = ACTIONS[name], one[name]
        beside = {key: value for key, value in one.items() if key != name}
        inner = (
            said if isinstance(said, dict) else {} if said is None else {action.model.main: said}
        )
        try:
            model = action.model.model_validate({**inner, **beside})
        except ValidationError as error:
            within = (*path, name) if isinstance(said, dict) and not beside else path
            self._problems += problems_of(
                error, document.source, action.model, document.rule, within
            )
            return None
        within = path if "data" in beside else (*path, name)
        data = self._data((*within, "data"), model, scope)

        def place(keys: Path) -> Path:
            if keys[0] in beside:
                return (*path, *keys)
            return (*path, name, *keys) if isinstance(said, dict) else (*path, name)

        asked = self._asked(place, model, scope)
        if action.check is not None:
            written = Written(self._catalogue.kind, self._catalogue.templates, data, asked)
            for keys, message in action.check(model, written):
                value: Any = model.model_dump()
                for key in keys:
                    value = value[key]
                self._problem(place(keys), message, word=value if isinstance(value, str) else "")
        return Follows(action, model, data, asked)

    def _asked(
        self, place: Callable[[Path], Path], model: Said, scope: Scope
    ) -> dict[str, tree.Node]:
        """The fields of an action that are expressions; they see no windows."""
        found = {}
        scope = replace(scope, remembers=False)
        for name, how in model.computed().items():
            text = getattr(model, name)
            if text is None:
                continue
            try:
                parse = parse_condition if how is Computed.TEST else parse_value
                found[name] = parse(text, scope)
            except BadExpression as error:
                self._bad(place((name,)), text, error)
        return found

    def _data(self, path: Path, said: Said, scope: Scope) -> dict[str, tree.Node]:
        data = said.data
        given: list[tuple[str, Any, Path]] = (
            [(name, name, (*path, number)) for number, name in enumerate(data)]
            if isinstance(data, list)
            else [(name, text, (*path, name)) for name, text in data.items()]
        )
        found = {}
        for name, text, place in given:
            if name in RESERVED:
                self._problem(place, f"{name!r} is what the rule itself tells", key=True, word=name)
            if not isinstance(text, str):
                text = repr(text)  # noqa: PLW2901 - a number stands for itself
                if text == "None":
                    continue
            try:
                found[name] = parse_value(text, scope)
            except BadExpression as error:
                self._bad(place, text, error)
        return found

    def _check(self, *, momentary: bool) -> None:
        """What does not go together."""
        document = self._document
        if momentary:
            why = "every event counts" if document.when is None else "`when` is of one event only"
            for key, given in (
                ("for", document.for_), ("clear", document.clear),
                ("suppresses", document.suppresses), ("escalate", document.escalate),
            ):  # fmt: skip
                if given:
                    self._problem((key,), f"{why}, so there is nothing to {_MEANS[key]}", key=True)
        for key in ("suppresses", "excludes"):
            if document.rule in getattr(document, key):
                self._problem((key,), f"a rule cannot name itself in {key}", word=document.rule)


_MEANS: Final = {
    "for": "hold", "clear": "clear", "suppresses": "stay open", "escalate": "get worse",
}  # fmt: skip


def _of_the_moment(node: tree.Node) -> bool:
    """Whether a condition reads the event itself, outside of what an operator remembers."""
    if isinstance(node, tree.Call) and node.operator.remembers:
        return node.operator.momentary
    if isinstance(node, tree.Name) and node.origin is tree.From.EVENT:
        return True
    return any(_of_the_moment(part) for part in node.parts)
