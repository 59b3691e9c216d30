"""Roadside: a car's engine overheats; it is towed, and its driver stays mobile."""

from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from actors.supervisors.arrangement import Arrangement
from actors.supervisors.errand import Need
from actors.supervisors.helping import Helping
from actors.supervisors.offer import Notice, Offer
from actors.supervisors.wording import notice_of
from twins.devices.commands import CommandChanged, CommandRequest
from twins.devices.vehicle import OVERHEATING, EvidenceAnswer, EvidenceRequest
from twins.handler import heeds, told
from twins.ids import DeskId, digest
from twins.outputs import Signal
from twins.people.messages import Profile

BOOKED = ("tow", "slot", "ride", "rental", "cover")

WARNINGS = ("warn_driver", "pull_over")
"""Made whatever its policy may do."""

OPENED = ("open_trunk",)
"""Only with its policy's leave."""


class Why(Struct):
    """Why the rule fired, as far as it matters here."""

    words: str = ""
    readings: list[tuple[float, float]] = []
    """(time, coolant_c) of each step that counted, oldest first."""


class Overheating(Need):
    """What the signal says; the vehicles' rule fills it in."""

    coolant_c: float | None = None
    speed_kmh: float | None = None
    desk: DeskId | None = None
    description: str = ""
    why: Why = msgspec.field(default_factory=Why)


class Roadside(Helping, kind="roadside"):
    """Watches over the vehicle of the same key."""

    skill: ClassVar[str] = "roadside"

    @heeds(OVERHEATING)
    def overheating(self, signal: Signal) -> None:
        """An engine overheats: warn its driver, and arrange help."""
        self.take_up(signal, msgspec.convert(signal.data, Overheating).desk)

    def always(self, arr: Arrangement) -> None:
        """Have the driver warned: whatever the policy may do otherwise, she is in danger."""
        self._command(arr, WARNINGS)

    def granted(self, arr: Arrangement) -> None:
        """Open the trunk: the warning triangle is in it."""
        self._command(arr, OPENED)

    def _command(self, arr: Arrangement, names: tuple[str, ...]) -> None:
        vehicle, said = arr.cause.twin_id, self._said(arr)
        for name in names:
            command = CommandRequest(
                name=name, id=digest(arr.id, name), asker=self.id, ref=arr.id,
                data={"reason": OVERHEATING, "coolant_c": said.coolant_c},
            )  # fmt: skip
            self.tell(vehicle, "command.requested", command)
            arr.step(f"{name}.requested", self.now, vehicle)

    def begin(self, arr: Arrangement) -> None:
        """Ask how long the part will live, who the driver is and whom there is to help."""
        vehicle, said = arr.cause.twin_id, self._said(arr)
        evidence = EvidenceRequest(asker=self.id, arrangement_id=arr.id, readings=said.why.readings)
        self.tell(vehicle, "evidence.requested", evidence)
        self.ask_facts(arr)

    def happened(self, arr: Arrangement) -> dict[str, str]:
        """What the car was told it has done."""
        ends = {f"{name}.done": name for name in (*WARNINGS, *OPENED)}
        names = [ends[step.name] for step in arr.steps if step.name in ends]
        done = dict.fromkeys(names, "the vehicle has done it")
        return {**super().happened(arr), **done}

    @told("evidence.answered")
    def evidence_answered(self, answer: EvidenceAnswer) -> None:
        """How long the part will live; an arrangement does not wait for it."""
        arr = self.find(answer.arrangement_id)
        if arr is not None and answer.remaining_life_h is not None:
            arr.facts["remaining_life_h"] = answer.remaining_life_h
            arr.step("evidence.answered", self.now, arr.cause.twin_id)

    @told("command.changed")
    def command_changed(self, changed: CommandChanged) -> None:
        """How far the car has come with what it was told."""
        arr = self.find(changed.ref or "")
        if arr is not None:
            arr.step(f"{changed.name}.{changed.state}", changed.at, changed.twin_id,
                     detail=changed.detail)  # fmt: skip

    def _said(self, arr: Arrangement) -> Overheating:
        return msgspec.convert(arr.cause.data, Overheating)

    def plan(self, arr: Arrangement) -> str | None:
        """All of it; without a tow it makes no sense."""
        return self.add_legs(arr, BOOKED, ("tow",))

    def notice(self, arr: Arrangement, offer: Offer) -> Notice:
        """The message."""
        name = msgspec.convert(arr.facts["profile"], Profile).name
        return notice_of(offer, name, "overheating", "high")

    def followed(self, arr: Arrangement) -> str | None:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """The tow truck."""
        return "tow"

    def reasons(self, arr: Arrangement) -> dict[str, Any]:
        """What the insurer gets with the claim."""
        said = self._said(arr)
        return {
            "rule": said.why.words,
            "readings": [list(reading) for reading in said.why.readings],
            "position": None if said.position is None else list(said.position),
            "coolant_c": said.coolant_c,
            "speed_kmh": said.speed_kmh,
            "remaining_life_h": arr.facts.get("remaining_life_h"),
        }
