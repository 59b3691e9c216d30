"""Kinds that show what the partition does with them: they write down whatever they handle."""

from typing import Any, ClassVar

from msgspec import Struct, field

from twins.event import Reading
from twins.handler import ask, done, due, failed, heeds, on, told
from twins.outputs import Outcome, Signal, Target
from twins.twin import Twin

RISING = "probe.rising"


class Level(Reading):
    """One of two readings of a probe."""

    a: float | None = None
    b: float | None = None
    c: float | None = None


class Place(Reading):
    """The other reading of a probe, measured at times of its own; one field stands in both."""

    c: float | None = None
    x: float | None = None
    y: float | None = None


class Note(Struct):
    """Something to write down."""

    text: str = ""


class Boom(Struct):
    """Makes the handler fail while the log's time is before `until`."""

    until: float
    to: str | None = None


class Word(Struct):
    """Something to pass on to another twin."""

    to: str
    text: str = ""


class Flood(Struct):
    """Messages to send at once: how many, and of how many characters each."""

    to: str
    count: int
    length: int


class Wish(Struct):
    """A reminder to set at a time, or to forget when `at` is None."""

    name: str
    at: float | None = None


class Deed(Struct):
    """An effect to cause."""

    key: str = ""


class Sum(Struct):
    """Two numbers to add; negative ones are refused."""

    left: int
    right: int


class Probe(Twin, kind="probe"):
    """Writes down the id of each event that it handles, in order."""

    rules: ClassVar[str] = """
      rule: probe.rising
      on: level
      when: rising(a, 3, band=1, above=90, clear=80)
      then: {signal: probe.rising, data: [a]}
    """

    trace: list[str] = field(default_factory=list)
    fired: list[tuple[str, float]] = field(default_factory=list)
    """(reminder, log time when it ran)."""
    heard: list[tuple[str, str]] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    a: float | None = None
    b: float | None = None
    c: float | None = None
    x: float | None = None
    y: float | None = None
    bag: dict[str, Any] = field(default_factory=dict)

    @on("level")
    def level(self, reading: Level) -> None:
        """Take over a reading."""
        self.trace.append(self.event.id)
        self.update(reading)

    @on("place")
    def place(self, reading: Place) -> None:
        """Take over a reading of the other sort."""
        self.trace.append(self.event.id)
        self.update(reading)

    @on("note")
    def note(self, note: Note) -> None:
        """Write down, with the text where there is one."""
        self.trace.append(note.text or self.event.id)

    @on("boom")
    def boom(self, boom: Boom) -> None:
        """Change everything, cause everything, and then fail while it is too early."""
        self.trace.append(self.event.id)
        self.effect("late", Target.CHANNEL, "log:nobody", {"id": self.event.id})
        self.signal("probe.boomed")
        self.remind("wake", at=self.now + 5.0)
        if boom.to is not None:
            self.tell(boom.to, "word", Note(self.event.id))
        if self.now < boom.until:
            raise RuntimeError(f"too early: {self.now} < {boom.until}")

    @on("pass")
    def passes(self, word: Word) -> None:
        """Pass a word on."""
        self.trace.append(self.event.id)
        self.tell(word.to, "word", Note(word.text))

    @on("flood")
    def flood(self, flood: Flood) -> None:
        """Tell somebody very much."""
        self.trace.append(self.event.id)
        for number in range(flood.count):
            self.tell(flood.to, "word", Note(f"{number} ".ljust(flood.length, "x")))

    @told("word")
    def word(self, note: Note) -> None:
        """Hear a word."""
        self.heard.append((self.event.source, note.text))

    @heeds(RISING)
    def rising(self, signal: Signal) -> None:
        """Hear a signal."""
        self.heard.append((signal.twin_id, signal.id))

    @on("wish")
    def wish(self, wish: Wish) -> None:
        """Set, move or forget a reminder."""
        self.trace.append(self.event.id)
        if wish.at is None:
            self.forget(wish.name)
        else:
            self.remind(wish.name, at=wish.at)

    @on("nap")
    def nap(self, until: int) -> None:
        """Set a reminder to a whole number."""
        self.remind("wake", at=until)

    @due("wake")
    def wake(self) -> None:
        """Write down which reminder ran, and when, and say so."""
        name = self.event.type.removeprefix("due.")
        self.fired.append((name, self.now))
        self.signal("probe.woke", reminder=name)

    @on("deed")
    def deed(self, deed: Deed) -> None:
        """Cause an effect."""
        self.trace.append(self.event.id)
        self.effect("deed", Target.CHANNEL, "log:somebody", {"n": len(self.trace)}, key=deed.key)

    @done("deed")
    def deed_done(self, outcome: Outcome) -> None:
        """Write down what became of it."""
        self.outcomes.append(f"done {outcome.key}")

    @failed("deed")
    def deed_failed(self, outcome: Outcome) -> None:
        """Write down what became of it."""
        self.outcomes.append(f"failed {outcome.key} {outcome.reason}")

    @done("late")
    def late_done(self, outcome: Outcome) -> None:
        """Write it down; that it failed, nobody wants to know."""
        self.outcomes.append(f"late {outcome.key}")

    @ask("sum")
    def sum(self, numbers: Sum) -> dict[str, int]:
        """Add two numbers."""
        self.trace.append(self.event.id)
        self.tell(self.id, "word", Note("asked"))
        if numbers.left < 0:
            raise ValueError("no negative numbers here")
        return {"sum": numbers.left + numbers.right}

    @ask("trace")
    def whole_trace(self) -> list[str]:
        """Answer with a part of the state itself."""
        return self.trace

    @told("lend")
    def lend(self, word: Word) -> None:
        """Put a part of the state itself into a message, an effect and a signal."""
        self.tell(word.to, "kept", self.trace)
        self.effect("lent", Target.CHANNEL, "log:somebody", self.trace)
        self.signal("probe.lent", trace=self.trace)

    @told("kept")
    def kept(self, trace: list[str]) -> None:
        """Keep a list of somebody else's."""
        self.heard.append((self.event.source, " ".join(trace)))

    @told("spoil")
    def spoil(self, what: str) -> None:
        """Leave behind what no checkpoint can keep."""
        self.trace.append("spoilt")
        self.tell(self.id, "word", Note("spoilt"))
        if what == "nan":
            self.bag["value"] = float("nan")
        elif what == "infinite":
            self.a = float("-inf")
        elif what == "object":
            self.bag["value"] = object()
        elif what == "tell":
            self.tell(self.id, "word", object())
        elif what == "effect":
            self.effect("odd", Target.CHANNEL, "log:nobody", object())
        elif what == "reminder":
            self.remind("wake", at=float("nan"))

    @ask("odd")
    def odd(self) -> object:
        """Answer what cannot be sent."""
        self.trace.append("odd")
        self.tell(self.id, "word", Note("odd"))
        return object()
