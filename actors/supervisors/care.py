"""Care: a medical device's reading needs a doctor; her desk has it at once, with its history.

It asks its policy for leave as all do, so that it is counted, judged and can be seen to be stopped;
but calling the doctor, and telling the patient to sit down, wait for no leave and are never
withheld. There is nothing else that it does.
"""

from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from msgspec import to_builtins

from actors.supervisors.arrangement import Arrangement, State
from actors.supervisors.errand import Errand
from actors.supervisors.helping import Helping
from actors.supervisors.offer import Notice, Offer
from actors.supervisors.wording import notice_of
from twins.devices.monitor import Vital, VitalsAnswer, VitalsRequest
from twins.handler import heeds, told
from twins.outputs import Signal
from twins.people.messages import Urgency, Words
from twins.policies.messages import LeaveWithdrawn

CRITICAL = "vitals.critical"

VITALS = "vitals"
"""The fact that is gathered."""

HISTORY_S = 0.5
"""How long the history may take; a case without it is better than none."""

MOST_NOTED: Final = 20
"""So many readings of a history that came late stand in the case's note."""

_TOLD: Final = {
    "en": Words(
        subject="A doctor is looking at your readings",
        text="$name, please sit down and stay where you are. A doctor has your readings and will "
        "call you. If you feel very ill, call the emergency number now.",
    ),
    "de": Words(
        subject="Ein Arzt sieht sich Ihre Werte an",
        text="$name, bitte setzen Sie sich und bleiben Sie, wo Sie sind. Ein Arzt hat Ihre Werte "
        "und ruft Sie an. Wenn es Ihnen sehr schlecht geht, rufen Sie jetzt den Notruf.",
    ),
    "fi": Words(
        subject="Lääkäri katsoo mittauksiasi",
        text="$name, istu alas ja pysy paikallasi. Lääkärillä on mittauksesi, ja hän soittaa "
        "sinulle. Jos vointisi on hyvin huono, soita nyt hätänumeroon.",
    ),
}


class Care(Helping, kind="care"):
    """Watches over the patient with the monitor of the same key."""

    skill: ClassVar[str] = "doctor"

    @heeds(CRITICAL)
    def critical(self, signal: Signal) -> None:
        """Bring a doctor in."""
        self.take_up(signal, signal.data.get("desk"))

    def repeated(self, arr: Arrangement, signal: Signal) -> None:
        """Critical again while the doctor has the case: she reads how it is now."""
        if arr.case is not None and arr.case.state != "closed":
            self.open_case(arr, f"again: {self._values(signal)}")

    def always(self, arr: Arrangement) -> None:
        """Ask for the history; with it, or without it in half a second, the doctor is called."""
        arr.awaited.append(VITALS)
        request = VitalsRequest(asker=self.id, arrangement_id=arr.id)
        self.tell(arr.cause.twin_id, "vitals.requested", request)
        arr.step("vitals.requested", self.now, arr.cause.twin_id)
        arr.deadlines["history"] = self.now + HISTORY_S

    def begin(self, arr: Arrangement) -> None:
        """There is nothing else to ask for."""

    @told("vitals.answered")
    def vitals_answered(self, answer: VitalsAnswer) -> None:
        """The history is there."""
        arr = self.find(answer.arrangement_id)
        if arr is None or VITALS in arr.facts:
            return
        arr.facts[VITALS] = to_builtins(answer)
        arr.step(f"{VITALS}.answered", self.now, arr.cause.twin_id)
        if VITALS in arr.awaited:
            self._call_doctor(arr)
            self.go_on()
        elif arr.case is not None and arr.case.state != "closed":
            # It came late, and the doctor has the case by now: the newest readings as a note.
            said = [_line(vital) for vital in reversed(answer.vitals[-MOST_NOTED:])]
            self.open_case(arr, "\n".join(["before it, the newest first:", *said]))

    def lapsed(self, arr: Arrangement, name: str) -> None:
        """The history is late: call the doctor without it."""
        if name == "history":
            if VITALS in arr.awaited:
                arr.step("vitals.late", self.now, arr.cause.twin_id)
                self._call_doctor(arr)
        else:
            super().lapsed(arr, name)

    def _call_doctor(self, arr: Arrangement) -> None:
        """The doctor decides; tell the patient so."""
        arr.awaited.remove(VITALS)
        arr.deadlines.pop("history", None)
        self.open_case(arr, self._why(arr))
        self.let_know(arr, "doctor", _TOLD, {}, "high")

    def plan(self, arr: Arrangement) -> str | None:
        """A doctor decides."""
        return self._why(arr)

    def decide(self, arr: Arrangement) -> None:
        """Whatever the policy says: the doctor has it."""
        self.undo(arr, State.WITH_PERSON, self._why(arr))

    @told("leave.withdrawn")
    def leave_withdrawn(self, withdrawn: LeaveWithdrawn) -> None:
        """The policy was stopped: noted, and the doctor comes all the same."""
        arr = self.open(withdrawn.arrangement_id)
        if arr is not None and arr.halted is None:
            arr.halted = withdrawn.reason
            arr.step("leave.withdrawn", self.now, withdrawn.policy, detail=withdrawn.reason)

    def _why(self, arr: Arrangement) -> str:
        return self._values(arr.cause)

    @staticmethod
    def _values(signal: Signal) -> str:
        said = signal.data
        values = [
            f"{label} {said[name]:g}"
            for name, label in (
                ("heart_bpm", "heart rate"), ("spo2_pct", "oxygen"), ("systolic_mmhg", "pressure"),
            )
            if said.get(name) is not None
        ]  # fmt: skip
        return f"{said.get('description') or signal.twin_id}: {', '.join(values)}"

    def urgency(self, arr: Arrangement) -> Urgency:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """Nothing is more urgent."""
        return "high"

    # -- what it never does ------------------------------------------------------------------

    def notice(self, arr: Arrangement, offer: Offer) -> Notice:
        """Nothing is offered."""
        return notice_of(offer, Errand(self, arr).profile.name, "any")

    def reasons(self, arr: Arrangement) -> dict[str, Any]:
        """The readings."""
        return {"why": self._why(arr)}


def _line(vital: Vital) -> str:
    """A reading, for the doctor: when by the clock (UTC), and what was measured."""
    at = datetime.fromtimestamp(vital.at, UTC)
    values = (vital.heart_bpm, vital.spo2_pct, vital.systolic_mmhg)
    said = "/".join("-" if value is None else f"{value:g}" for value in values)
    return f"{at:%H:%M:%S} heart/oxygen/pressure {said}{' (loose)' if vital.loose else ''}"
