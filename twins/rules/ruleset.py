"""RuleSet: the rules of one kind, compiled, in one version.

    rules = compile_rules(kind_of("vehicle"), read_rules(text), version=7)
    rules.by_type["telemetry"](twin, turn, reading, at, fresh)

It can be made again from `kind`, `version` and `documents` alone, which are fit for JSON.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twins.ids import digest
from twins.kind import Kind, kind_of
from twins.record import contacted, happened, is_open, tried
from twins.rules import trends, windows
from twins.rules.decide import decided
from twins.rules.document import Document
from twins.rules.errors import BadRule, Problem, UnknownRule
from twins.rules.evidence import plain
from twins.rules.fields import event_fields
from twins.rules.generate import Mode, function, small
from twins.rules.memory import HEAD, SLOTS, arm, drop, leave, tidy
from twins.rules.plan import Catalogue, Plan, plan_rule
from twins.rules.rule import Rule
from twins.rules.tables import Table
from twins.rules.template import Template
from twins.turn import Turn

if TYPE_CHECKING:
    from twins.twin import Twin

Observe = Callable[["Twin", Turn, Any, float, bool], None]
"""(twin, turn, the event's data, its time, whether it is none of the late ones)."""


class RuleSet:
    """The rules of one kind. Made by `compile_rules`.

    Args:
        kind: The kind's name.
        version: Told with whatever fires.
        plans: The rules, in the order in which they run.
        used: The documents that they use: decision tables and templates.
        templates: The templates among them, by name.
    """

    def __init__(
        self, kind: Kind, version: int, plans: Iterable[Plan], used: Iterable[Document] = (),
        templates: Mapping[str, Template] | None = None,
    ) -> None:  # fmt: skip
        plans = list(plans)
        self.kind = kind.name
        self.version = version
        self.documents: list[dict[str, Any]] = [
            *(plan.document.plain for plan in plans), *(document.plain for document in used)
        ]  # fmt: skip
        self._digests = {plan.name: plan.digest for plan in plans}
        meaning = (f"{name} {number}" for name, number in sorted(self._digests.items()))
        self._stamp = int(digest(*meaning)[:8], 16)
        self.rules: dict[str, Rule] = {
            plan.name: Rule(plan, version, self._stamp, *_others(plan, plans), templates or {})
            for plan in plans
        }
        """By name, in the order in which they run."""
        self.source = ""
        """The generated text, for those who want to see it."""
        numbered = list(enumerate(plans))
        for number, rule in enumerate(self.rules.values()):
            self._small(number, rule, kind)
        self.by_type: dict[str, Observe] = {}
        """Event type -> what to run after each event of it."""
        for type_ in dict.fromkeys(type_ for plan in plans for type_ in plan.types):
            its = [(number, plan) for number, plan in numbered if type_ in plan.types]
            late = self._make(function(its, kind, Mode.LATE, type_, self._stamp), "late", type_)
            text = function(its, kind, Mode.FRESH, type_, self._stamp)
            self.by_type[type_] = self._make(text, "observe", type_, late=late)
        text = function(numbered, kind, Mode.WAKE, None, self._stamp)
        self._wake = self._make(text, "wake", "time")

    def rule(self, name: str) -> Rule:
        """The rule of this name, or raise `UnknownRule` with the names there are."""
        try:
            return self.rules[name]
        except KeyError:
            known = ", ".join(self.rules) or "none"
            raise UnknownRule(f"{self.kind} has no rule {name!r}; it has: {known}") from None

    def wake(self, twin: "Twin", turn: Turn) -> None:
        """Look at a twin because time has passed."""
        if tidy(twin, self._stamp, self._digests) is None:
            return
        assert twin.windows is not None
        twin.windows[HEAD][1] = 0.0
        # What was measured counts until something newer is; so now is its time, too.
        self._wake(twin, turn, None, max(twin.stamp, turn.now))
        leave(twin)

    # -- compiling ---------------------------------------------------------------------------

    def _make(self, text: str, name: str, of: str, **more: Any) -> Any:
        """Run generated text, with nothing in reach but what it needs."""
        if not text:
            return _nothing
        self.source += f"# {of}\n{text}\n"
        space: dict[str, Any] = {"__builtins__": {}, **_HELPERS, **more}
        space["tidy"] = lambda twin: tidy(twin, self._stamp, self._digests)
        for number, rule in enumerate(self.rules.values()):
            space[f"step_{number}"], space[f"begin_{number}"] = rule.step, rule.begin
            space[f"leave_{number}"] = rule.leave
        exec(compile(text, f"<rules of {self.kind}, {of}>", "exec"), space)  # noqa: S102 - made of checked trees
        return space[name]

    def _small(self, number: int, rule: Rule, kind: Kind) -> None:
        """The functions that run only when a rule has fired."""
        plan, compiled = rule.plan, rule.compiled
        event = [name for type_ in plan.types for name in event_fields(kind, type_)]

        def made(name: str, node: Any) -> Any:
            name = f"{name}_{number}"
            return self._make(small(plan, name, node, event), name, plan.name)

        if plan.clear is not None:
            compiled.clear = made("clear", plan.clear)
        for step in plan.escalate:
            clear = None if step.clear is None else made("ease", step.clear)
            compiled.escalate.append((made("escalate", step.when), clear))
        compiled.data += [made("data", follows.data) for follows in plan.then]
        compiled.asked += [
            made("asked", follows.asked) if follows.asked else _no_fields for follows in plan.then
        ]


def compile_rules(
    kind: Kind | str, documents: Iterable[Document | Mapping[str, Any]], version: int = 0
) -> RuleSet:
    """Compile the rules of one kind.

    Args:
        kind: The kind, or its name.
        documents: Its rules, in any order; one that names no kind is of this one.
        version: Told with whatever fires; 0 is what a kind brings itself.

    Raises:
        BadRule: With every problem of every document.
    """
    kind = kind_of(kind) if isinstance(kind, str) else kind
    problems: list[Problem] = []
    used = _Used()
    written = _read(kind, documents, used, problems)
    catalogue = Catalogue.of(kind, used.tables, used.templates)
    plans: dict[str, Plan] = {}
    for document in written.values():
        if document.is_rule:
            try:
                plans[document.rule] = plan_rule(document, catalogue)
            except BadRule as error:
                problems += error.problems
    problems += _strangers(plans)
    if problems:
        raise BadRule(problems)
    order = sorted(plans.values(), key=lambda plan: (-plan.document.priority, plan.name))
    others = [written[name] for name in sorted((*used.tables, *used.templates))]
    return RuleSet(kind, version, order, others, used.templates)


@dataclass(slots=True)
class _Used:
    """What rules use, by name."""

    tables: dict[str, Table] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)


def _read(
    kind: Kind, documents: Iterable[Document | Mapping[str, Any]], used: _Used,
    problems: list[Problem],
) -> dict[str, Document]:  # fmt: skip
    """The documents by name, and what is used among them."""
    written: dict[str, Document] = {}
    for given in documents:
        try:
            document = Document.of(given, kind.name)
            name = document.rule
            if name in written:
                message = "another rule has this name; choose a second one"
                problems.append(
                    Problem.at(document.source, ("rule",), message, rule=name, word=name)
                )
            written[name] = document
            if document.graph is not None:
                used.tables[name] = Table.read(name, document.graph)
            elif document.template is not None:
                # One with mistakes is known all the same: its rules are not wrong as well.
                used.templates[name] = Template(name, {}, frozenset())
                part = document.source.part(["template"])
                used.templates[name] = Template.read(name, part)
        except BadRule as error:
            problems += error.problems
    return written


def _strangers(plans: Mapping[str, Plan]) -> Iterable[Problem]:
    """Rules that are named by another and do not exist."""
    for plan in plans.values():
        document = plan.document
        for key in ("suppresses", "excludes"):
            for name in getattr(document, key):
                if name not in plans:
                    message = f"{document.kind} has no rule {name!r}"
                    yield Problem.at(document.source, (key,), message, rule=plan.name, word=name)


def _others(plan: Plan, plans: Iterable[Plan]) -> tuple[tuple[str, ...], frozenset[str]]:
    """The rules that suppress one, and those that exclude it; a shadow does neither."""
    live = [other for other in plans if not other.document.shadow or plan.document.shadow]
    suppressors = tuple(other.name for other in live if plan.name in other.document.suppresses)
    rivals = frozenset(
        other.name
        for other in live
        if plan.name in other.document.excludes or other.name in plan.document.excludes
    )
    return suppressors, rivals


# -- what the generated text may call ------------------------------------------------------------


def _no_fields(*_: Any) -> dict[str, Any]:
    """Nothing of an action is an expression."""
    return {}


def _nothing(*_: Any) -> None:
    """No rule has anything to do."""


def _heard(twin: "Twin", turn: Turn, memory: list[Any], slot: int, within_s: float) -> bool:
    """Something was heard: not silent, and to be woken if nothing more is."""
    assert slot >= SLOTS
    arm(twin, turn, turn.now + within_s)
    return trends.take_silent(memory, slot, turn.now)


def _part(reading: Any, name: str) -> Any:
    """A field of an event, which may be of another type or none at all."""
    return getattr(reading, name, None)


_HELPERS: dict[str, Any] = {
    **{name: getattr(module, name) for module in (windows, trends) for name in vars(module)
       if name.startswith(("take_", "look_"))},
    "happened": happened, "is_open": is_open, "contacted": contacted, "tried": tried,
    "decided": decided, "drop": drop, "heard": _heard, "part": _part, "plain": plain,
    "absolute": abs, "late": _nothing,
}  # fmt: skip
