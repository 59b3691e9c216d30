"""Commands: what a twin has its device do, and how far that has come, truthfully.

A kind that takes commands inherits `Commanded` and lists them in `takes`. Each command goes

    queued ──▶ sent ──▶ delivered ──▶ done | failed
       ▲         │           │
       └─ waits ─┴───────────┴──▶ expired | cancelled

`sent`: the effect worker published it. `delivered`: the device says that it has it. While it is
sent and not delivered it is sent again, under the same id, until it expires. A command that
`waits` is kept when the device refuses it, and sent again once the twin says that it is ready.
`cancelled`: it is not sent again. A device that has it may still do it; what it says it did counts.
"""

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta, Struct

from twins.errors import BadPayload
from twins.handler import ask, done, due, failed, on, told
from twins.ids import TwinId, digest
from twins.operated import WRITE
from twins.outputs import Outcome, Target
from twins.record import note_tried
from twins.twin import Twin
from twins.units import Short, Time, Token

RESEND_S = 10.0
"""How long after a command was sent it is sent again, while the device has not said it has it."""

MAX_COMMANDS = 32
"""How many commands a twin remembers; finished ones leave first."""

MAX_REFUSALS = 20
"""After so many refusals a command that waits has failed."""

CommandName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""It becomes a part of a subject, `commands.<kind>.<key>.<name>`."""

CommandState = Literal["queued", "sent", "delivered", "done", "failed", "expired", "cancelled"]

_OPEN = ("queued", "sent", "delivered")


class Spec(Struct, frozen=True):
    """A command that a kind takes."""

    life_s: float = 300.0
    """After so many seconds it expires, unless the request says otherwise."""
    waits: bool = False
    """The device refuses it at times; then it waits until the twin is `ready`."""
    data: Any = None
    """The type of its data, which is checked before it is sent; None: anything."""


class CommandRequest(Struct, kw_only=True, omit_defaults=True):
    """Asks for a command: `command.requested` among twins, `ask.command` for callers."""

    name: CommandName
    data: dict[str, Any] = {}
    id: Token | None = None
    """Constant for one wish: a second request of the id changes nothing. Default: of the event."""
    expires_at: Time | None = None
    asker: TwinId | None = None
    """Told `command.changed` whenever its state changes."""
    ref: Token | None = None
    """Given back to the asker: for example the arrangement's id."""


class CommandCancel(Struct, kw_only=True, omit_defaults=True):
    """Takes a command back: `ask.command.cancel`."""

    id: Token
    detail: Short | None = None
    """Who, or why."""


class CommandProgress(Struct, kw_only=True, omit_defaults=True):
    """What a device says about a command: `command.progress`."""

    id: Token
    state: Literal["delivered", "done", "failed", "refused"]
    detail: Short | None = None


class CommandChanged(Struct, kw_only=True, omit_defaults=True):
    """Tells the asker about a command's new state: `command.changed`."""

    id: Token
    name: CommandName
    twin_id: TwinId
    """Whose command it is."""
    state: CommandState
    at: Time
    detail: Short | None = None
    ref: Token | None = None


class Command(Struct, kw_only=True, omit_defaults=True):
    """One command, as far as the twin knows."""

    id: str
    name: str
    data: dict[str, Any] = {}
    state: CommandState = "queued"
    times: dict[str, float] = {}
    """State -> when it was first reached (log time); `refused` -> when the device last refused."""
    expires_at: float = 0.0
    sends: int = 0
    refusals: int = 0
    waiting: bool = False
    """Refused, and kept until the twin is ready."""
    again_at: float | None = None
    """When it is sent again."""
    detail: str | None = None
    asker: str | None = None
    ref: str | None = None


class Commanded(Twin):
    """Base of kinds whose device takes commands."""

    takes: ClassVar[dict[str, Spec]] = {}

    commands: dict[str, Command] | None = None
    """By id, oldest first."""
    waiting: int = 0
    """How many commands wait until the twin is ready; so a reading need not look through them."""

    def ready(self, name: str) -> bool:  # noqa: ARG002 - for kinds to override by name
        """Whether the device would take the command now, by what the twin knows."""
        return True

    # -- asking ------------------------------------------------------------------------------

    @told("command.requested")
    def command_requested(self, request: CommandRequest) -> None:
        """Take a command from another twin; a refusal goes back as `failed`."""
        refusal = self._refusal(request)
        if refusal is None:
            self.command(request)
        elif request.asker is not None:
            changed = CommandChanged(
                id=request.id or digest(self.id, self.event.id, request.name),
                name=request.name,
                twin_id=self.id,
                state="failed",
                at=self.now,
                detail=refusal[:200],
                ref=request.ref,
            )
            self.tell(request.asker, "command.changed", changed)

    @ask("command")
    def ask_command(self, request: CommandRequest) -> dict[str, str]:
        """Take a command from a caller; returns its id and state, or raises `BadPayload`."""
        refusal = self._refusal(request)
        if refusal is not None:
            raise BadPayload(refusal)
        command = self.command(request)
        return {"id": command.id, "state": command.state}

    @ask("command.cancel")
    def ask_cancel(self, given: CommandCancel) -> dict[str, str]:
        """Send a command no more; returns its id and state, or raises `BadPayload`."""
        command = (self.commands or {}).get(given.id)
        if command is None:
            raise BadPayload(f"{self.id} remembers no command {given.id}")
        if command.state in _OPEN:
            self._finish(command, "cancelled", given.detail)
            self._remind()
        return {"id": command.id, "state": command.state}

    def write(self, properties: dict[str, Any]) -> str | None:
        """Have the device set its properties; returns the command's id, None for nothing to set.

        Raises `BadPayload` for what it cannot be told.
        """
        if not properties:
            return None
        return self.ask_command(CommandRequest(name=WRITE, data=properties))["id"]

    def _refusal(self, request: CommandRequest) -> str | None:
        if request.name not in self.takes:
            known = ", ".join(sorted(self.takes)) or "none"
            return f"{self.id} takes no command {request.name!r}; it takes: {known}"
        wanted = self.takes[request.name].data
        if wanted is not None:
            try:
                msgspec.convert(request.data, wanted)
            except msgspec.ValidationError as error:
                return f"{request.name}: {error}"
        commands = self.commands or {}
        still_open = sum(command.state in _OPEN for command in commands.values())
        if still_open >= MAX_COMMANDS and request.id not in commands:
            return f"{self.id} has {still_open} commands under way; let some finish first"
        return None

    def command(self, request: CommandRequest) -> Command:
        """Queue a command and send it, as a remedy that was tried; a known id changes nothing."""
        commands = self.commands
        if commands is None:
            commands = self.commands = {}
        id_ = request.id or digest(self.id, self.event.id, request.name)
        known = commands.get(id_)
        if known is not None:
            return known
        expires_at = request.expires_at
        if expires_at is None:
            expires_at = self.now + self.takes[request.name].life_s
        command = commands[id_] = Command(
            id=id_,
            name=request.name,
            data=request.data,
            times={"queued": self.now},
            expires_at=expires_at,
            asker=request.asker,
            ref=request.ref,
        )
        note_tried(self, request.name, self.now)
        if len(commands) > MAX_COMMANDS:
            del commands[next(key for key, old in commands.items() if old.state not in _OPEN)]
        if expires_at > self.now:
            self._send(command)
        self._look()
        return command

    def send_waiting(self) -> None:
        """Send what waited, and what the twin is ready for now."""
        for command in (self.commands or {}).values():
            if command.waiting and self.ready(command.name):
                command.waiting = False
                self.waiting -= 1
                self._send(command)

    def _send(self, command: Command) -> None:
        command.sends += 1
        command.again_at = None
        self.effect(
            "command",
            Target.DEVICE,
            self.id,
            {
                "id": command.id,
                "name": command.name,
                "data": command.data,
                "expires_at": command.expires_at,
            },
            key=command.id,
            expires_at=command.expires_at,
        )

    # -- what becomes of it ------------------------------------------------------------------

    @done("command")
    def command_sent(self, outcome: Outcome) -> None:
        """The worker published it; whether the device has it, the device says."""
        command = (self.commands or {}).get(outcome.key)
        if command is None or command.state not in ("queued", "sent") or command.waiting:
            return
        command.again_at = self.now + RESEND_S
        if command.state == "queued":
            self._move(command, "sent")
        self._remind()

    @failed("command")
    def command_not_sent(self, outcome: Outcome) -> None:
        """Nobody could publish it, or nobody knows: try again, until it expires."""
        command = (self.commands or {}).get(outcome.key)
        if command is None or command.state not in ("queued", "sent") or command.waiting:
            return
        command.detail = outcome.reason
        command.again_at = self.now + RESEND_S
        self._look()

    @on("command.progress")
    def command_progress(self, progress: CommandProgress) -> None:
        """The device speaks. What it says it did counts, even when the command had expired."""
        command = (self.commands or {}).get(progress.id)
        if command is None or command.state in ("done", "failed"):
            return
        if progress.state == "delivered":
            if command.state in ("queued", "sent") and not command.waiting:
                command.again_at = None
                self._move(command, "delivered", progress.detail)
        elif progress.state == "done":
            self._finish(command, "done", progress.detail)
        elif progress.state == "failed":
            self._finish(command, "failed", progress.detail)
        else:
            self._refused(command, progress.detail)
        self._remind()

    def _refused(self, command: Command, detail: str | None) -> None:
        command.times["refused"] = self.now
        command.refusals += 1
        spec = self.takes.get(command.name)
        waits = spec is not None and spec.waits and command.state in _OPEN
        if not waits or command.refusals >= MAX_REFUSALS:
            self._finish(command, "failed", detail)
        elif not command.waiting:
            command.again_at = None
            command.waiting = True
            self.waiting += 1
            self._move(command, "queued", detail)

    def _finish(self, command: Command, state: CommandState, detail: str | None) -> None:
        if command.waiting:
            command.waiting = False
            self.waiting -= 1
        command.again_at = None
        self._move(command, state, detail)

    def _move(self, command: Command, state: CommandState, detail: str | None = None) -> None:
        command.state = state
        command.times.setdefault(state, self.now)
        command.detail = detail
        if command.asker is not None:
            changed = CommandChanged(
                id=command.id,
                name=command.name,
                twin_id=self.id,
                state=state,
                at=self.now,
                detail=detail,
                ref=command.ref,
            )
            self.tell(command.asker, "command.changed", changed)

    # -- time --------------------------------------------------------------------------------

    @due("commands")
    def look_after_commands(self) -> None:
        """Send again what was not delivered, and let expire what is over."""
        self._look()

    def _look(self) -> None:
        for command in (self.commands or {}).values():
            if command.state not in _OPEN:
                continue
            if command.expires_at <= self.now:
                self._finish(command, "expired", command.detail)
            elif command.again_at is not None and command.again_at <= self.now:
                self._send(command)
        self._remind()

    def _remind(self) -> None:
        times = [
            min(command.expires_at, command.again_at or command.expires_at)
            for command in (self.commands or {}).values()
            if command.state in _OPEN
        ]
        if times:
            self.remind("commands", at=min(times))
        else:
            self.forget("commands")
