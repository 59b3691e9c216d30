"""Run: a supervisor from the incident on, among answers that were given, changed or assumed.

It is the twin's own code, on a clock of the run's own. What it tells others goes to the answers,
and what it would cause outside goes nowhere. Bounded in messages and in time.
"""

import heapq
from collections.abc import Sequence
from itertools import count
from typing import Any

import msgspec
from msgspec import Struct

from actors.supervisors.arrangement import Arrangement, Step
from actors.whatif.answers import Answers, Input, Key, keys_of, plain
from actors.whatif.assumed import AFTER_S, Services
from actors.whatif.change import Change
from actors.whatif.changed import changed
from twins.event import encode_message
from twins.ids import split
from twins.kind import kind_of
from twins.outputs import Tell
from twins.testing import play

MOST_MESSAGES = 20_000
"""Messages and reminders of one run."""

MOST_S = 7 * 86_400.0
"""How long after the incident a run ends."""

MOST_STATED = 100
"""Assumptions that are listed; each only once."""


class Place(Struct, frozen=True):
    """Where the vehicle was that was followed."""

    at: float
    leg: str
    service: str
    position: tuple[float, float] | None
    """(lat, lon) in degrees; None: nobody knows."""
    eta_s: float | None
    arrived: bool


class Incident(Struct, frozen=True):
    """What a run begins with."""

    supervisor_id: str
    cause_id: str
    """Of the signal."""
    before: dict[str, Any]
    """The supervisor's state before the incident, as plain data."""
    inputs: Sequence[Input]
    """What it got from then on, as its log has it; the signal is among them."""
    until: float
    """How far its log is read, seconds since the epoch."""


class Run(Struct):
    """What came of it."""

    arrangement: Arrangement | None
    steps: list[Step]
    track: list[Place]
    asked: list[tuple[float, Tell]]
    """(when, what): everything that it told others."""
    stopped: str | None
    """Why the run ended before the arrangement did; None: it did."""
    assumed: list[str]
    unanswered: list[str]
    """What was asked and nobody can say."""
    messages: int
    until: float


def truth(incident: Incident) -> Run:
    """The incident as it was."""
    return _Runner(incident, Change(), None).run()


def simulate(incident: Incident, change: Change, real: Run) -> Run:
    """The incident with something otherwise; `real` is what `truth` said."""
    return _Runner(incident, change, Answers(real.asked, incident.inputs)).run()


class _Runner:
    """One run. Without answers it gets all inputs as they came, and ends where they do."""

    def __init__(self, incident: Incident, change: Change, answers: Answers | None) -> None:
        name, key = split(incident.supervisor_id)
        kind = kind_of(name)
        state = msgspec.json.encode({**incident.before, "key": key})
        twin: Any = kind.restore(state, kind.schema)
        self.twin = twin
        self.incident = incident
        self.change = change
        self.answers = answers
        self.now = 0.0
        self.services = Services()
        self.assumed: dict[str, None] = {}
        self.unanswered: dict[str, None] = {}
        self.asked: list[tuple[float, Tell]] = []
        self.track: list[Place] = []
        self.stopped: str | None = None
        self.due: dict[str, float] = {}
        self._queue: list[tuple[float, int, int, Input]] = []
        # What comes at one time comes in the log's order; what is new, after it.
        self._numbers = count(len(incident.inputs))
        if twin.wake_at is not None:
            self.due["wake"] = twin.wake_at
        self._begin()

    def _begin(self) -> None:
        """Lay out what came by itself: the signal, and whatever nobody had asked for."""
        shift_s = self.change.noticed_s
        seen: set[str | None] = {None}
        for number, one in enumerate(self.incident.inputs):
            again = one.id in seen and one.id is not None
            seen.add(one.id)
            if again or (self.answers is not None and number in self.answers.given):
                continue
            data = one.data
            cause = isinstance(data, dict) and data.get("id") == self.incident.cause_id
            if shift_s and cause:
                data = data | {"time": data["time"] + shift_s}
            if cause and self.change.cause is not None:
                data = data | {"data": self.change.cause}
            self._put(one.at + shift_s, number, Input(one.at + shift_s, one.type, data, one.id))

    def _put(self, at: float, number: int, given: Input) -> None:
        heapq.heappush(self._queue, (at, number, next(self._numbers), given))

    @property
    def arrangement(self) -> Arrangement | None:
        """The one of the incident."""
        for arr in (self.twin.arrangement, *self.twin.past):
            if arr is not None and arr.cause.id == self.incident.cause_id:
                found: Arrangement = arr
                return found
        return None

    def run(self) -> Run:
        """Go on until it has ended, or a bound is reached."""
        begin = self._queue[0][0] if self._queue else self.incident.until
        end = self.incident.until if self.answers is None else begin + MOST_S
        messages = 0
        while self.stopped is None:
            arr, at = self.arrangement, self._next()
            if arr is not None and arr.ended:
                break
            if at is None:
                self.stopped = "nothing is due any more, and it has not ended"
            elif at > end:
                self.stopped = f"it has not ended by {end:.3f}"
            elif messages >= MOST_MESSAGES:
                self.stopped = f"it has not ended after {messages} messages"
            else:
                self._one()
                messages += 1
        arr = self.arrangement
        return Run(
            arr, [] if arr is None else list(arr.steps), self.track, self.asked, self.stopped,
            list(self.assumed)[:MOST_STATED], list(self.unanswered)[:MOST_STATED], messages,
            self.now,
        )  # fmt: skip

    def _next(self) -> float | None:
        times = [*self.due.values(), *(one[0] for one in self._queue[:1])]
        return min(times, default=None)

    def _one(self) -> None:
        """Handle what is next; a reminder that is due comes before a message, as in a partition."""
        due = min(((at, name) for name, at in self.due.items()), default=None)
        if due is not None and (not self._queue or due[0] <= self._queue[0][0]):
            at, name = due
            del self.due[name]
            self._play(at, f"due.{name}", msgspec.msgpack.encode(at))
            return
        at, _, _, given = heapq.heappop(self._queue)
        self._play(at, given.type, encode_message(given.data, id=given.id))
        if given.type == "position.answered":
            self._follow()

    def _play(self, at: float, event_type: str, payload: bytes) -> None:
        self.now = max(self.now, at)
        turn, _ = play(self.twin, self.now, event_type, payload)
        for name, due in turn.reminders.items():
            if due is None:
                self.due.pop(name, None)
            else:
                self.due[name] = due
        for tell in turn.tells:
            self.asked.append((self.now, tell))
            if self.answers is not None:
                for key in keys_of(tell):
                    self._answer(self.answers, key, tell)

    def _follow(self) -> None:
        arr = self.arrangement
        track = None if arr is None else arr.track
        if track is not None:
            self.track.append(
                Place(self.now, track.leg, track.service, track.position, track.eta_s,
                      track.arrived)
            )  # fmt: skip

    # -- answers -----------------------------------------------------------------------------

    def _answer(self, answers: Answers, key: Key, tell: Tell) -> None:
        """Lay out what is answered: as it was, as the change has it, or as is assumed."""
        known = answers.take(key)
        given = changed(self.change, key[0], tell, known, self.now)
        if given is None and known is None and tell.to not in self.change.silent:
            given = self._assume(key[0], tell)
        if given is None:
            return
        data, at = given
        self.services.note(tell.to, key[0], data, at)
        if known is not None:
            for said in differing(key[0], tell.to, plain(tell), known.data):
                self.assumed[said] = None
        real = known is not None and known.answer is not None
        number = known.number if known is not None and real else next(self._numbers)
        self._put(at, number, Input(at, key[0], data, f"simulated-{next(self._numbers)}"))

    def _assume(self, answer: str, tell: Tell) -> tuple[dict[str, Any], float] | None:
        what = f"{tell.type} of {tell.to}"
        found = self.services.answer(answer, tell.to, plain(tell), self.now)
        if found is not None and self.change.assume:
            data, words = found
            self.assumed[words] = None
            return data, self.now + AFTER_S
        self.unanswered[what] = None
        if not self.change.assume:
            self.stopped = f"unknown: nobody was asked this in truth: {what}"
        return None


def differing(answer: str, to: str, request: dict[str, Any], real: dict[str, Any]) -> list[str]:
    """What is assumed where another question got the answer of the real one."""
    if answer == "spending.answered" and request.get("cents") != real.get("cents"):
        return [f"{to} says to {request.get('cents')} cents what it said to {real.get('cents')}"]
    if answer == "availability.answered" and request.get("body") != real.get("body"):
        return [f"{to} offers for {request['leg']} what it offered for another time or place"]
    return []
