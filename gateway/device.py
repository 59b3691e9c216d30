"""Device: what a device runs, to send its readings and to take commands.

    async with Device("vehicle/v17", "nats://127.0.0.1:4222", token, store=Path("v17.db")) as car:
        await car.send("telemetry", {"coolant_c": 91.5})

Everything sent is kept until the gateway says that it is durable, and sent again until then, with
the same numbers: it is applied exactly once and in order. Without a connection it waits.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
import structlog
from msgspec import Raw, Struct, msgpack
from nats.aio.msg import Msg

from gateway.backlog import COMMANDS_KEPT, Backlog, SqliteBacklog, Volatile
from gateway.errors import CODES, CommandRefused, Reason
from gateway.link import Link
from gateway.window import Item, Sending, Window, WindowStatistics
from twins.event import MAX_DATA_BYTES, encode_message
from twins.ids import split

logger = structlog.get_logger(__name__)

ENVELOPE_BYTES = 256
"""What a message needs beside its data, at most."""

DETAIL = 200
"""Longest detail of a command's progress, in characters."""

PROGRESS = "command.progress"

_encode = msgpack.Encoder().encode


class Receipt(Struct, frozen=True):
    """What became of one message."""

    number: int
    position: int | None = None
    """Its place in the log, when it is durable."""
    refusal: str | None = None
    """Why it was refused for good, or dropped."""


class Command(Struct, kw_only=True):
    """What the device is asked to do."""

    id: str
    name: str
    data: Any = None
    expires_at: float | None = None
    traceparent: str | None = None


class DeviceStatistics(Struct, frozen=True):
    """What a device did so far."""

    twin_id: str
    boot: int
    messages: WindowStatistics
    commands: int
    """Commands carried out or refused; repeats not counted."""


class _Error(Struct):
    code: int
    err_code: int = 0
    description: str = ""


class _Answer(Struct):
    seq: int = 0
    error: _Error | None = None


Handler = Callable[[Command], Awaitable[str | None]]
"""Carries out a command and returns a detail; raises `CommandRefused` when it will not."""

_decode_answer = msgspec.json.Decoder(_Answer).decode
_decode_command = msgpack.Decoder(Command).decode
_FINAL_BELOW = 500
_NOT_NOW = {CODES[Reason.GAP][0], CODES[Reason.RATE][0]}


class Device:
    """One device.

    Args:
        twin_id: Whose device it is, `kind/key`.
        url: Of the NATS server; with `link` not looked at.
        token: Its device token; with `link` not looked at.
        clock: Seconds since the epoch; the time of messages.
        store: A file that keeps what is not acknowledged yet; None keeps it in memory alone, and
            then the clock must not run backwards from one start to the next.
        limit: Most messages kept; beyond it the oldest is dropped, counted and reported.
        handle: Carries out commands; without it commands are refused.
        report: Told what was refused for good or dropped.
        link: A connection shared with other devices; see `gateway.fleet`.
    """

    def __init__(
        self,
        twin_id: str,
        url: str = "",
        token: str = "",
        *,
        clock: Callable[[], float] = time.time,
        store: Path | None = None,
        limit: int = 10_000,
        handle: Handler | None = None,
        report: Callable[[Item, str], None] | None = None,
        link: Link | None = None,
    ) -> None:
        kind, key = split(twin_id)
        self.twin_id = twin_id
        self._subject = f"devices.{kind}.{key}."
        self._clock = clock
        self._handle = handle
        self._report = report
        self._backlog: Backlog = (
            Volatile(clock()) if store is None else SqliteBacklog(store, clock())
        )
        self._boot, left = self._backlog.open()
        self._window = Window(limit, seed=twin_id)
        self._receipts: dict[int, asyncio.Future[Receipt]] = {}
        self._serial = self._number = 0
        for item in left:
            self._serial = item.serial
            self._window.add(item)
        self._commands = self._backlog.commands()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._commanded = 0
        self._sending = False
        self._empty = asyncio.Event()
        self._own = link is None
        self.link = link or Link(
            url,
            twin_id,
            token,
            inbox=f"_INBOX.{kind}.{key}",
            commands=f"commands.{kind}.{key}.>",
        )
        self._reply = self.link.join(key, self)

    # -- life --------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def start(self) -> None:
        """Begin to connect, in the running loop. A shared link is started by its fleet."""
        if self._own:
            self.link.start()

    async def close(self) -> None:
        """End; what is not acknowledged stays in the store, if there is one."""
        for task in list(self._running.values()):
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        if self._own:
            await self.link.close()
        for receipt in self._receipts.values():
            receipt.cancel()
        self._backlog.close()

    # -- sending -----------------------------------------------------------------------------

    async def send(
        self, type_: str, data: Any, at: float | None = None, traceparent: str | None = None
    ) -> asyncio.Future[Receipt]:
        """Keep a message and send it as soon as it goes.

        Returns a future that need not be awaited: what became of the message. Raises `ValueError`
        when it is larger than what a gateway takes.

        Args:
            type_: Event type, for example `telemetry`.
            data: What msgspec can encode: a reading, a dictionary, …
            at: When it happened, seconds since the epoch; default the device's clock.
            traceparent: W3C trace context that what the message causes belongs to.
        """
        encoded = _encode(data)
        if len(encoded) > MAX_DATA_BYTES - ENVELOPE_BYTES:
            raise ValueError(
                f"{self.twin_id}: {type_} has {len(encoded)} bytes, at most "
                f"{MAX_DATA_BYTES - ENVELOPE_BYTES}; send it in parts"
            )
        self._serial += 1
        self._number += 1
        when = self._clock() if at is None else at
        item = Item(self._serial, self._boot, self._number, type_, encoded, when, traceparent)
        # Kept before it is sent, so that its number is never given to another message.
        self._backlog.add(item)
        receipt = asyncio.get_running_loop().create_future()
        self._receipts[item.serial] = receipt
        self._empty.clear()
        dropped = self._window.add(item)
        if dropped is not None:
            self._settle(dropped, refusal="dropped: too many messages wait to be sent")
        await self._pump()
        return receipt

    async def send_many(self, type_: str, readings: Sequence[Any]) -> asyncio.Future[Receipt]:
        """Send readings, oldest first, as one message: applied together or not at all.

        Each brings its own `at`. At most 1,024.
        """
        return await self.send(type_, list(readings))

    async def settled(self) -> None:
        """Wait until nothing is left to be acknowledged."""
        while len(self._window):
            self._empty.clear()
            await self._empty.wait()

    async def _pump(self) -> None:
        """Put on the wire what may go. One at a time, or messages would overtake one another."""
        if self._sending:
            return
        self._sending = True
        try:
            loop = asyncio.get_running_loop()
            while self.link.connected and (sending := self._window.take(loop.time())) is not None:
                if not await self._publish(sending):
                    return
        finally:
            self._sending = False

    async def _publish(self, sending: Sending) -> bool:
        item = sending.item
        payload = encode_message(
            Raw(item.data),
            time=item.time,
            boot=item.boot,
            sequence=item.number,
            base=sending.base,
            traceparent=item.traceparent,
        )
        reply = f"{self._reply}.{item.serial}.{sending.round}"
        return await self.link.publish(self._subject + item.type, payload, reply)

    def _settle(
        self, item: Item, *, position: int | None = None, refusal: str | None = None
    ) -> None:
        self._backlog.remove([item.serial])
        receipt = self._receipts.pop(item.serial, None)
        if receipt is not None and not receipt.done():
            receipt.set_result(Receipt(item.number, position, refusal))
        if refusal is not None:
            logger.warning("lost", twin_id=self.twin_id, type=item.type, why=refusal)
            if self._report is not None:
                self._report(item, refusal)
        if not len(self._window):
            self._empty.set()

    # -- what the link brings (`gateway.link.Member`) ------------------------------------------

    async def answered(self, message: Msg, serial: int, round_: int) -> None:
        """Take the gateway's answer to one message."""
        now = asyncio.get_running_loop().time()
        try:
            answer = _decode_answer(message.data)
        except msgspec.DecodeError:
            # No gateway listens (the server's own answer is empty), or it speaks gibberish.
            answer = _Answer(error=_Error(503))
        error = answer.error
        if error is None:
            item = self._window.acknowledged(serial)
            if item is not None:
                self._settle(item, position=answer.seq)
        elif error.code < _FINAL_BELOW and error.code not in _NOT_NOW:
            item = self._window.refused(serial)
            if item is not None:
                self._settle(item, refusal=error.description)
        else:
            self._window.not_now(round_, now)
        await self._pump()

    async def awake(self, now: float) -> None:
        """Send what is due."""
        due = self._window.due_at
        if due is not None and due <= now:
            self._window.look(now)
            await self._pump()

    def reconnected(self, now: float) -> None:
        """Answers that were under way are lost."""
        self._window.reconnected(now)

    # -- commands ----------------------------------------------------------------------------

    async def commanded(self, message: Msg) -> None:
        """Take a command; it runs beside whatever else the device does."""
        if message.reply:
            await self.link.publish(message.reply, b"")
        try:
            command = _decode_command(message.data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            logger.warning("not a command", twin_id=self.twin_id, error=str(error))
            return
        if command.id in self._running:
            await self._progress(command, "delivered", None)
            return
        known = self._commands.get(command.id)
        if known is not None:
            state, detail = known
            if state == "delivered":
                # It was begun before a restart, and nobody knows how far it came.
                state, detail = "failed", "interrupted; whether it was done is not known"
            await self._progress(command, state, detail)
            return
        task = asyncio.create_task(self._carry_out(command), name=f"command-{command.id}")
        self._running[command.id] = task
        task.add_done_callback(lambda _: self._running.pop(command.id, None))

    async def _carry_out(self, command: Command) -> None:
        if command.expires_at is not None and command.expires_at <= self._clock():
            await self._progress(command, "failed", "it came after it had expired")
            return
        await self._progress(command, "delivered", None)
        self._commanded += 1
        try:
            if self._handle is None:
                raise CommandRefused(f"{self.twin_id} takes no commands")  # noqa: TRY301 - one way to refuse
            state, detail = "done", await self._handle(command)
        except CommandRefused as refused:
            # It may be sent again under its id, when the twin thinks that it would be taken.
            await self._progress(command, "refused", str(refused))
            return
        except Exception as error:
            logger.exception("command failed", twin_id=self.twin_id, command=command.id)
            state, detail = "failed", repr(error)
        await self._progress(command, state, detail)

    async def _progress(self, command: Command, state: str, detail: str | None) -> None:
        """Note how far a command has come, and tell the twin."""
        id_ = command.id
        if state == "refused":
            self._commands.pop(id_, None)
            self._backlog.forget_command(id_)
        else:
            self._commands[id_] = (state, detail)
            while len(self._commands) > COMMANDS_KEPT:
                del self._commands[next(iter(self._commands))]
            self._backlog.note_command(id_, state, detail)
        data = {"id": id_, "state": state}
        if detail is not None:
            data["detail"] = detail[:DETAIL]
        await self.send(PROGRESS, data, traceparent=command.traceparent)

    def statistics(self) -> DeviceStatistics:
        """What was done so far."""
        return DeviceStatistics(
            self.twin_id, self._boot, self._window.statistics(), self._commanded
        )
