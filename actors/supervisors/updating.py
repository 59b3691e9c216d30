"""Update: a car's fault lies in its software. It gets another version at night, or goes back.

wait for the night ─▶ download ─▶ install ─▶ the car says that it runs it ─▶ closed
│          └─ failed ─▶ roll back ─▶ with a person
└─ not done in this night ─▶ the next one, MAX_NIGHTS at most
"""

from typing import Any, ClassVar, Final

import msgspec
from msgspec import Struct

from actors.supervisors.arrangement import Arrangement, State
from actors.supervisors.errand import Errand
from actors.supervisors.helping import Helping
from actors.supervisors.nights import clock_of, night_of
from actors.supervisors.offer import Notice, Offer
from actors.supervisors.wording import notice_of
from twins.devices.commands import CommandChanged, CommandRequest
from twins.handler import heeds, told
from twins.ids import digest
from twins.outputs import Signal
from twins.people.messages import Words
from twins.units import Position

FAULTY = "software.faulty"
CHANGED = "software.changed"

DOWNLOAD, INSTALL, BACK = "download_update", "install_update", "roll_back"

REPORT_S = 1800.0
"""How long after the install the car may take to say which version it runs."""

SLACK_S = 60.0
"""How much later than a command's own end its silence counts as an answer."""

BACK_S = 3600.0
"""How long a car is tried to be brought back."""

MAX_NIGHTS = 7

_DONE: Final = {
    "en": Words(
        subject="Your car was updated last night",
        text="$name, your car had noticed a fault in its own software, and now runs version "
        "$version, which corrects it. You need not do anything.",
    ),
    "de": Words(
        subject="Ihr Auto wurde heute Nacht aktualisiert",
        text="$name, Ihr Auto hatte einen Fehler in seiner Software bemerkt und hat jetzt Version "
        "$version, die ihn behebt. Sie müssen nichts tun.",
    ),
    "fi": Words(
        subject="Autosi päivitettiin viime yönä",
        text="$name, autosi huomasi vian ohjelmistossaan ja käyttää nyt versiota $version, joka "
        "korjaa sen. Sinun ei tarvitse tehdä mitään.",
    ),
}


class Correction(Struct):
    """What the signal says; the vehicles' rule and its table fill it in."""

    fault: str = ""
    present: str | None = None
    """The version that it runs."""
    version: str | None = None
    """The one that corrects the fault, as far as the table knows."""
    night_starts_s: int = 0
    night_ends_s: int = 0
    """By the clock of its owner, or of where it stands."""
    position: Position | None = None


class Updating(Helping, kind="update"):
    """Watches over the software of the vehicle of the same key."""

    skill: ClassVar[str] = "software"

    @heeds(FAULTY)
    def faulty(self, signal: Signal) -> None:
        """The car asks for a correction."""
        self.take_up(signal, signal.data.get("desk"))

    def begin(self, arr: Arrangement) -> None:
        """Ask whose car it is: she is told when it is done."""
        self.ask_facts(arr)

    def plan(self, arr: Arrangement) -> str | None:
        """There is nothing to book; there has to be a version that helps."""
        said = self.said(arr)
        return None if said.version else f"no version is known that corrects {said.fault!r}"

    def said(self, arr: Arrangement) -> Correction:
        """What is known of it."""
        return msgspec.convert(arr.cause.data, Correction)

    # -- the nights --------------------------------------------------------------------------

    def all_settled(self, arr: Arrangement) -> None:
        """Wait for the night."""
        arr.deadlines.pop("arrange", None)
        arr.state = State.UNDERWAY
        self._wait(arr, self.now)

    def _wait(self, arr: Arrangement, after: float) -> None:
        starts_at, _ = self._night_at(arr, after)
        arr.deadlines["night"] = starts_at
        arr.step("night.awaited", self.now, arr.cause.twin_id, detail=f"from {starts_at:.0f}")

    def _night_at(self, arr: Arrangement, at: float) -> tuple[float, float]:
        """The night that is then, or comes next, where its owner is; without one, where it is."""
        said, zone = self.said(arr), None
        if "profile" in arr.facts:
            zone = Errand(self, arr).profile.timezone
        clock = clock_of(zone, said.position)
        return night_of(said.night_starts_s, said.night_ends_s, clock, at)

    def _night(self, arr: Arrangement) -> None:
        if arr.halted is not None:
            self.undo(arr, State.COMPENSATED, arr.halted)
            return
        nights = arr.facts.get("nights", 0) + 1
        if nights > MAX_NIGHTS:
            self._give_up(arr, f"in {MAX_NIGHTS} nights it could not be reached")
            return
        arr.facts["nights"] = nights
        _, ends_at = self._night_at(arr, self.now)
        arr.facts["night_ends_at"] = ends_at
        arr.step("night.begun", self.now, arr.cause.twin_id)
        self._command(arr, DOWNLOAD, ends_at)

    def _command(self, arr: Arrangement, name: str, ends_at: float) -> None:
        said = self.said(arr)
        number = arr.facts.get("nights", 0)
        data = {"version": said.present if name == BACK else said.version, "fault": said.fault}
        command = CommandRequest(
            name=name, id=digest(arr.id, name, str(number)), asker=self.id, ref=arr.id,
            data=data, expires_at=ends_at,
        )  # fmt: skip
        arr.facts["command"], arr.facts["told"] = command.id, name
        # Of a command that is lost with its twin nobody would ever hear.
        arr.deadlines["command"] = ends_at + SLACK_S
        self.tell(arr.cause.twin_id, "command.requested", command)
        arr.step(f"{name}.requested", self.now, arr.cause.twin_id)

    @told("command.changed")
    def command_changed(self, changed: CommandChanged) -> None:
        """How far the car has come."""
        arr = self.open(changed.ref or "")
        if arr is None:
            return
        arr.step(f"{changed.name}.{changed.state}", changed.at, changed.twin_id,
                 detail=changed.detail)  # fmt: skip
        if arr.state is not State.UNDERWAY or changed.id != arr.facts.get("command"):
            return
        if changed.state == "cancelled":
            arr.deadlines.pop("command", None)
            self.hand_over(arr, f"{changed.name} was cancelled: {changed.detail or 'no reason'}")
        elif changed.state in ("done", "failed", "expired"):
            arr.deadlines.pop("command", None)
            self._ended(arr, changed.name, changed.state, changed.detail)
        self.go_on()

    def _ended(self, arr: Arrangement, name: str, state: str, detail: str | None) -> None:
        if name == DOWNLOAD:
            if arr.halted is not None:
                self.undo(arr, State.COMPENSATED, arr.halted)
            elif state == "done":
                self._command(arr, INSTALL, arr.facts["night_ends_at"])
            else:
                self._wait(arr, arr.facts["night_ends_at"])
        elif name == INSTALL:
            if state == "done":
                arr.deadlines["report"] = self.now + REPORT_S
                if "runs" in arr.facts:
                    self._verify(arr)
            elif state == "expired":
                self._wait(arr, arr.facts["night_ends_at"])
            else:
                self._roll_back(arr, f"the install failed: {detail or 'without a reason'}")
        elif state == "done":
            self._give_up(arr, f"{arr.facts['why']}; it is back at {self.said(arr).present}")
        else:
            said = f"{arr.facts['why']}; it could not be brought back: {detail or state}"
            self._give_up(arr, said)

    def _roll_back(self, arr: Arrangement, why: str) -> None:
        arr.facts["why"] = why
        self._command(arr, BACK, self.now + BACK_S)

    def _give_up(self, arr: Arrangement, reason: str) -> None:
        self.report(arr, right=False, why=reason[:200])
        self.hand_over(arr, reason)

    @heeds(CHANGED)
    def changed(self, signal: Signal) -> None:
        """The car runs another version; if it is the one, and the fault is gone, that was it."""
        arr = self.arrangement
        if arr is None or arr.state is not State.UNDERWAY:
            return
        if arr.facts.get("told") != INSTALL:
            if "night" in arr.deadlines and signal.data.get("fault") == "":
                arr.step("fault.gone", self.now, arr.cause.twin_id)
                self.settle(arr, State.CLOSED, f"it runs {signal.data.get('version')} by now")
                self.go_on()
            return
        # It may come before the car says that the install is done.
        arr.facts["runs"] = [signal.data.get("version"), signal.data.get("fault")]
        if "report" in arr.deadlines:
            self._verify(arr)
        elif "night" in arr.deadlines and arr.facts["runs"][0] == self.said(arr).version:
            # It went on when the night was over: told again, it would fail, and go back.
            self._verify(arr)
        self.go_on()

    def _verify(self, arr: Arrangement) -> None:
        arr.deadlines.pop("report", None)
        said, (found, fault) = self.said(arr), arr.facts["runs"]
        if found != said.version or fault == said.fault:
            self._roll_back(arr, f"it runs {found}, and reports {fault or 'no fault'}")
            return
        arr.deadlines.pop("night", None)
        arr.step("update.verified", self.now, arr.cause.twin_id, detail=found)
        if fault:
            self.open_case(arr, f"it runs {found}, which helped, and reports {fault} now")
        self.let_know(arr, "updated", _DONE, {"version": found}, "low")
        self.report(arr, right=True, why="the fault is gone")
        self.settle(arr, State.CLOSED)

    def lapsed(self, arr: Arrangement, name: str) -> None:
        """A deadline is over."""
        if name == "night":
            self._night(arr)
        elif name == "report":
            self._roll_back(arr, "after the install it did not say which version it runs")
        elif name == "command":
            arr.step("command.silent", self.now, arr.cause.twin_id)
            self._give_up(arr, "its twin did not say what became of a command")
        else:
            super().lapsed(arr, name)

    def happened(self, arr: Arrangement) -> dict[str, str]:
        """Commands that the car has, or has carried out."""
        steps = {step.name for step in arr.steps}
        told = {
            name: "the vehicle has been told so"
            for name in (DOWNLOAD, INSTALL, BACK)
            if f"{name}.requested" in steps
        }
        return {**super().happened(arr), **told}

    # -- what it never does ------------------------------------------------------------------

    def notice(self, arr: Arrangement, offer: Offer) -> Notice:
        """Nothing is offered."""
        return notice_of(offer, Errand(self, arr).profile.name, "any")

    def reasons(self, arr: Arrangement) -> dict[str, Any]:
        """The fault."""
        return msgspec.to_builtins(self.said(arr))  # type: ignore[no-any-return]  # a struct is a dict
