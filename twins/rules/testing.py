"""Testing: unit tests of rules as data. Events in, signals out, and no others.

    test: coolant that keeps climbing is noticed once
    kind: vehicle
    twin: {description: a red one}
    events:
      - {every: 10s, series: {coolant_c: [95, 96.5, 98, 99.5]}}
      - {at: 2m, data: {coolant_c: 90}}
    expect:
      - {signal: engine.overheating, at: 30s, data: {coolant_c: 99.5}}

No cluster is needed: the twin lives for the test, on a clock of its own, and time passes as the
events say; reminders and rules that wait for time to pass run when they are due.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isclose
from typing import Annotated, Any, Final, Self

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

from twins.errors import TwinError
from twins.handler import Handler
from twins.kind import Kind, kind_of
from twins.mirrors import OF
from twins.rules.document import Severity
from twins.rules.duration import LONGEST_S, Duration, seconds, spoken
from twins.rules.happened import Happened, RuleTestResult
from twins.rules.ruleset import RuleSet, compile_rules
from twins.source import Path, Source
from twins.testing import START, Trial
from twins.turn import Turn
from twins.twin import Twin

KEY: Final = "test"
"""The key of the twin that is tested."""

MOST_STEPS: Final = 100_000
"""Events of one test, series written out."""

_CLOSE: Final = 1e-6


def _moment(value: Any) -> Any:
    return seconds(value) if isinstance(value, str) else value


Moment = Annotated[float, BeforeValidator(_moment), Field(ge=0, le=LONGEST_S)]
"""Seconds since the test began, written `0s`, `90s`, `15m`, or as a number."""

Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Step(_Part):
    """One event, or a series of them."""

    at: Moment | None = None
    """When it happens, or when its series begins; default: with the one before, or one `every`
    after it."""
    type: Name | None = None
    """Default: the one type of the kind that brings readings."""
    data: Any = None
    """Its payload; of a series: fields that are the same in each."""
    every: Duration | None = None
    """Makes it a series: so long from one to the next."""
    series: dict[str, Annotated[list[Any], Field(min_length=1)]] | None = None
    """Field -> its value in each event; null: not measured in that one."""
    late: Duration | None = None
    """So much later than it happened it reaches the log."""

    @model_validator(mode="after")
    def _one_or_a_series(self) -> Self:
        if (self.every is None) != (self.series is None):
            raise ValueError("a series has both `every` and `series`")
        if self.series and not isinstance(self.data, dict | None):
            raise ValueError("the `data` of a series are fields")
        if self.series and len({len(values) for values in self.series.values()}) > 1:
            raise ValueError("the lists of a series are equally long; fill up with null")
        return self

    def payloads(self) -> list[Any]:
        """The data of each event, in order; None: none was given."""
        if self.series is None:
            return [self.data]
        length = len(next(iter(self.series.values()), []))
        rows = ({name: values[n] for name, values in self.series.items()} for n in range(length))
        fixed = self.data or {}
        return [fixed | {k: v for k, v in row.items() if v is not None} for row in rows]


class Expected(_Part):
    """Something that must happen."""

    signal: Name | None = None
    rule: Name | None = None
    """The rule that fired; alone: one of which no signal follows, a shadow say."""
    at: Moment | None = None
    """The time of the event that did it; default: any."""
    severity: Severity | None = None
    data: dict[str, Any] = {}
    """What must be among the signal's data."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.signal is None and self.rule is None:
            raise ValueError("say what is expected: a signal, or a rule")
        return self

    def matches(self, happened: Happened) -> bool:
        """Whether it is this that happened."""
        return (
            self.signal == happened.signal
            and self.rule in (None, happened.rule)
            and (self.at is None or abs(self.at - happened.at) < _CLOSE)
            and self.severity in (None, happened.severity)
            and _within(self.data, happened.data)
        )

    def __str__(self) -> str:
        """As a line."""
        return _line(self.at, self.signal, self.rule, self.severity, self.data)


class RuleTest(_Part):
    """One test."""

    test: Name
    """What holds."""
    kind: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    twin: dict[str, Any] = {}
    """Fields that the twin has to begin with."""
    mirrors: dict[str, dict[str, Any]] = {}
    """Link -> fields of the linked twin, where a rule reads them: `owner: {tier: gold}`."""
    rules: list[dict[str, Any]] | None = None
    """The rules that are tested; default: those that the test is run with."""
    events: list[Step]
    until: Moment | None = None
    """Time passes to here after the last event."""
    expect: list[Expected] = []
    """All that happens, in order; nothing else may."""

    _source: Source = PrivateAttr()

    @property
    def source(self) -> Source:
        """What it was read from."""
        return self._source

    @classmethod
    def of(cls, source: Source) -> Self:
        """Check one document; raises `BadDocument`."""
        test = source.read(cls)
        test._source = source  # noqa: SLF001 - our own
        return test


def read_tests(text: str, name: str = "input") -> list[RuleTest]:
    """Read the tests of a text: one, a list, or several parted by `---`. Raises `BadDocument`."""
    return [RuleTest.of(source) for source in Source.every(text, name)]


def run_test(test: RuleTest, rules: RuleSet | None = None) -> RuleTestResult:
    """Run one test.

    Args:
        test: The test; its own rules come before those given.
        rules: The rules of its kind; None: those that the kind brings.

    Raises:
        BadDocument: The test's events or fields do not fit its kind, or its rules cannot run.
        UnknownKind: There is no such kind.
    """
    kind = kind_of(test.kind)
    if test.rules is not None:
        rules = compile_rules(kind, test.rules)
    trial = Trial(f"{kind.name}/{KEY}", {kind.name: rules or kind.ruleset})
    trial.twin = _begun(test, kind)
    try:
        for at, now, event_type, data in list(_events(test, kind)):
            trial.advance(now - trial.now)
            trial.tell(event_type, data, at)
        if test.until is not None:
            trial.advance(max(0.0, START + test.until - trial.now))
    except TwinError:
        raise
    except Exception as error:  # noqa: BLE001 - a handler may raise anything; then the test has failed
        line = f"! {_time(trial.now - START)}  {type(error).__name__}: {error}"
        return RuleTestResult(
            test=test.test, kind=kind.name, passed=False, lines=[line], happened=[]
        )
    happened = [one for turn in trial.turns for one in (*_signals(turn), *_silent(turn))]
    lines = list(_compare(test.expect, happened))
    passed = all(line.startswith(" ") for line in lines)
    return RuleTestResult(
        test=test.test, kind=kind.name, passed=passed, lines=lines, happened=happened
    )


def _begun(test: RuleTest, kind: Kind) -> Twin:
    """The twin as it is to begin with."""
    source = test.source
    for name in test.twin:
        if name not in kind.cls.__struct_fields__:
            raise source.fault(("twin", name), f"a {test.kind} has no such field", key=True)
    try:
        twin = msgspec.convert({**test.twin, "key": KEY}, kind.cls)
    except msgspec.ValidationError as error:
        raise source.fault(("twin",), str(error)) from None
    for link, fields in test.mirrors.items():
        if link not in kind.mirrors:
            shown = ", ".join(kind.mirrors) or "none"
            text = f"a {test.kind} does not mirror it; it mirrors: {shown}"
            raise source.fault(("mirrors", link), text, key=True)
        blank: dict[str, Any] = dict.fromkeys(kind.mirrors[link])
        held = {OF: getattr(twin, link, None), **blank, **fields}
        twin.mirror = {**(twin.mirror or {}), link: held}
    return twin


def _events(test: RuleTest, kind: Kind) -> Iterator[tuple[float, float, str, Any]]:
    """(when it happened, when the log took it, its type, its data) of every event."""
    at, now, count = 0.0, 0.0, 0
    for number, step in enumerate(test.events):
        path = ("events", number)
        handler = _handler(test, kind, step, path)
        every = step.every or 0.0
        at = step.at if step.at is not None else at + (every if number else 0.0)
        for index, given in enumerate(step.payloads()):
            at += every if index else 0.0
            count += 1
            if count > MOST_STEPS:
                raise test.source.fault(path, f"more than {MOST_STEPS} events")
            now = max(now, at + (step.late or 0.0))
            yield START + at, START + now, handler.type, _data(test, kind, handler, given, path)


def _handler(test: RuleTest, kind: Kind, step: Step, path: Path) -> Handler:
    """Who takes an event."""
    if step.type is not None:
        if step.type not in kind.handlers:
            text = f"{kind.name} has no event {step.type}; it has: {', '.join(kind.handlers)}"
            raise test.source.fault((*path, "type"), text)
        return kind.handlers[step.type]
    measuring = [handler for handler in kind.handlers.values() if handler.reading]
    usual = kind.handlers.get("telemetry")
    if usual is not None and usual.reading:
        return usual
    if len(measuring) != 1:
        types = ", ".join(handler.type for handler in measuring) or "none"
        text = f"say which type of event it is; those that bring readings: {types}"
        raise test.source.fault(path, text)
    return measuring[0]


def _data(test: RuleTest, kind: Kind, handler: Handler, given: Any, path: Path) -> Any:
    """What an event brings, checked."""
    if handler.type in kind.silent:
        return None
    known = getattr(handler.payload, "__struct_fields__", None)
    if known is not None:
        given = {} if given is None else given
        for name in given if isinstance(given, dict) else ():
            if name not in known:
                text = f"{handler.type} brings no {name}; it brings: {', '.join(known)}"
                raise test.source.fault(path, text)
    try:
        return msgspec.convert(given, handler.payload)
    except msgspec.ValidationError as error:
        raise test.source.fault(path, f"{handler.type}: {error}") from None


def _signals(turn: Turn) -> Iterator[Happened]:
    """Signals, those that followed a rule with its name."""
    for signal in turn.signals:
        why = signal.data.get("why") or {}
        yield Happened(
            at=why.get("at", signal.time) - START,
            signal=signal.name,
            rule=why.get("rule"),
            severity=why.get("severity"),
            data=msgspec.to_builtins(signal.data),
        )


def _silent(turn: Turn) -> Iterator[Happened]:
    """Rules that fired, and of which no signal followed."""
    for firing in turn.fired:
        if not firing.signals:
            yield Happened(
                at=firing.at - START,
                rule=firing.rule,
                severity=firing.severity,
                shadow=firing.shadow,
            )


# -- comparing ---------------------------------------------------------------------------------


def _compare(expected: Sequence[Expected], happened: Sequence[Happened]) -> Iterator[str]:
    """Each line begins with a blank (both), `-` (only expected) or `+` (only happened)."""
    rest = list(happened)
    for one in expected:
        found = next((n for n, event in enumerate(rest) if one.matches(event)), None)
        if found is None:
            yield f"- {one}"
            continue
        yield from (f"+ {_shown(event)}" for event in rest[:found])
        yield f"  {_shown(rest[found])}"
        del rest[: found + 1]
    yield from (f"+ {_shown(event)}" for event in rest)


def _within(part: Any, whole: Any) -> bool:
    """Whether all that is named is so; numbers are compared as people write them."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and _within(value, whole[name]) for name, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        pairs = zip(part, whole, strict=False)
        return len(part) == len(whole) and all(_within(one, other) for one, other in pairs)
    if _number(part) and _number(whole):
        return isclose(part, whole, rel_tol=_CLOSE, abs_tol=_CLOSE)
    same: bool = part == whole
    return same


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(event: Happened) -> str:
    data = {name: value for name, value in event.data.items() if name != "why"}
    return _line(event.at, event.signal, event.rule, event.severity, data)


def _line(
    at: float | None, signal: str | None, rule: str | None, severity: str | None,
    data: Mapping[str, Any],
) -> str:  # fmt: skip
    what = f"rule {rule}" if signal is None else signal
    more: Iterable[str] = [
        *([f"rule {rule}"] if rule and signal else []),
        *([str(severity)] if severity else []),
        *(f"{name} {msgspec.json.encode(value).decode()}" for name, value in data.items()),
    ]
    detail = f"  ({', '.join(more)})" if more else ""
    return f"{_time(at):>8}  {what}{detail}"


def _time(at: float | None) -> str:
    if at is None:
        return "any time"
    return "0s" if abs(at) < _CLOSE else spoken(round(at, 6))
