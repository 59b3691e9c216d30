"""Care: a medical device's reading needs a doctor; her desk has it at once, with its history."""

from typing import Any, ClassVar, Final

from actors.supervisors.arrangement import Arrangement
from actors.supervisors.errand import Errand
from actors.supervisors.helping import Helping
from actors.supervisors.offer import Notice, Offer
from actors.supervisors.wording import notice_of
from twins.devices.monitor import VitalsAnswer, VitalsRequest
from twins.handler import heeds, told
from twins.outputs import Signal
from twins.people.messages import Urgency, Words
from twins.policies.messages import Leave

CRITICAL = "vitals.critical"

VITALS = "vitals"
"""The fact that is gathered."""

HISTORY_S = 0.5
"""How long the history may take; a case without it is better than none."""

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

    def ask_leave(self, arr: Arrangement) -> None:
        """No policy may keep a doctor from a patient: it acts without leave."""
        arr.leave = Leave.ACT

    def begin(self, arr: Arrangement) -> None:
        """Ask for the history."""
        arr.awaited.append(VITALS)
        request = VitalsRequest(asker=self.id, arrangement_id=arr.id)
        self.tell(arr.cause.twin_id, "vitals.requested", request)
        arr.step("vitals.requested", self.now, arr.cause.twin_id)
        arr.deadlines["history"] = self.now + HISTORY_S

    @told("vitals.answered")
    def vitals_answered(self, answer: VitalsAnswer) -> None:
        """The history is there."""
        self.know(answer.arrangement_id, VITALS, self.id, answer)

    def lapsed(self, arr: Arrangement, name: str) -> None:
        """The history is late: call the doctor without it."""
        if name == "history":
            if VITALS in arr.awaited:
                arr.awaited.remove(VITALS)
                arr.step("vitals.late", self.now, arr.cause.twin_id)
        else:
            super().lapsed(arr, name)

    def plan(self, arr: Arrangement) -> str | None:
        """A doctor decides."""
        return self._why(arr)

    def hand_over(self, arr: Arrangement, reason: str) -> None:
        """The doctor has it; tell the patient so."""
        super().hand_over(arr, reason)
        self.let_know(arr, "doctor", _TOLD, {}, "high")

    def _why(self, arr: Arrangement) -> str:
        said = arr.cause.data
        values = [
            f"{label} {said[name]:g}"
            for name, label in (
                ("heart_bpm", "heart rate"), ("spo2_pct", "oxygen"), ("systolic_mmhg", "pressure"),
            )
            if said.get(name) is not None
        ]  # fmt: skip
        return f"{said.get('description') or arr.cause.twin_id}: {', '.join(values)}"

    def urgency(self, arr: Arrangement) -> Urgency:  # noqa: ARG002 - a hook
        """Nothing is more urgent."""
        return "high"

    # -- what it never does ------------------------------------------------------------------

    def notice(self, arr: Arrangement, offer: Offer) -> Notice:
        """Nothing is offered."""
        return notice_of(offer, Errand(self, arr).profile.name, "any")

    def reasons(self, arr: Arrangement) -> dict[str, Any]:
        """The readings."""
        return {"why": self._why(arr)}
