"""Answers: what was answered in truth, found again by what was asked."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from twins.outputs import Tell

REQUESTED = ".requested"
ANSWERED = ".answered"
MESSAGE = "message"
OFFER = "offer.answered"
SETTLED = "message.settled"

Key = tuple[str, str, str, int, str]
"""Type of the answer, leg, service, round, hold."""


class Input(Struct, frozen=True):
    """One message that a supervisor got."""

    at: float
    """When the log took it, seconds since the epoch."""
    type: str
    data: Any
    """Plain."""
    id: str | None = None
    position: int = 0
    """Of the log."""


class Asked(Struct):
    """A question of the supervisor, and what became of it in truth."""

    at: float
    data: dict[str, Any]
    answer: Input | None = None
    """None: there was none."""
    number: int = 0
    """Of the answer among all inputs."""


def plain(tell: Tell) -> dict[str, Any]:
    """What a message says, as plain data."""
    data = msgspec.to_builtins(tell.data)
    return data if isinstance(data, dict) else {}


def keys_of(tell: Tell) -> list[Key]:
    """What answers a message; nothing, where it is no question."""
    data = plain(tell)
    name = tell.type.removesuffix(REQUESTED)
    if name == tell.type:
        return []
    if name == MESSAGE:
        about = str(data.get("id", ""))
        settled = (SETTLED, "", "", 0, about)
        offered = data.get("offer") is not None
        return [settled, (OFFER, "", "", 0, "")] if offered else [settled]
    if "leg" not in data:
        return [(f"{name}{ANSWERED}", "", "", 0, "")]
    asked = data.get("round", 0) if name == "availability" else 0
    hold = data.get("hold_id") or ""
    return [(f"{name}{ANSWERED}", data["leg"], tell.to, asked, hold)]


def key_of(given: Input) -> Key | None:
    """What an input answers; None: nobody asked for it."""
    data = given.data if isinstance(given.data, dict) else {}
    if given.type == SETTLED:
        return (SETTLED, "", "", 0, str(data.get("id", "")))
    if given.type == OFFER:
        return (OFFER, "", "", 0, "")
    if not given.type.endswith(ANSWERED):
        return None
    if "leg" not in data:
        return (given.type, "", "", 0, "")
    asked = data.get("round", 0) if given.type == "availability.answered" else 0
    return (given.type, data["leg"], str(data.get("service", "")), asked, data.get("hold_id") or "")


class Answers:
    """What was asked in truth, in order, and what came of it.

    Args:
        asked: (when, what) the supervisor told others.
        inputs: What it got.
    """

    def __init__(self, asked: Iterable[tuple[float, Tell]], inputs: Iterable[Input]) -> None:
        self._asked: dict[Key, list[Asked]] = defaultdict(list)
        self._next: dict[Key, int] = defaultdict(int)
        self.given: set[int] = set()
        """Numbers of the inputs that somebody had asked for."""
        for at, tell in asked:
            for key in keys_of(tell):
                self._asked[key].append(Asked(at, plain(tell)))
        for number, one in enumerate(inputs):
            answered = key_of(one)
            for question in [] if answered is None else self._asked.get(answered, []):
                if question.answer is None and question.at <= one.at:
                    question.answer, question.number = one, number
                    self.given.add(number)
                    break

    def take(self, key: Key) -> Asked | None:
        """What came of the next question of this kind; None: it was not asked so often."""
        number = self._next[key]
        self._next[key] += 1
        known = self._asked.get(key, [])
        return known[number] if number < len(known) else None
