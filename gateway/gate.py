"""Gate: what arrives for one partition, on its way to the log.

A message passes, in this order: its reply subject, the device's rate, its data, the right
partition, room, the order of its numbers. Then it waits in the intake for its block. Whatever is
refused is counted, answered with the reason, and kept as a dead letter where it is lost for good.
"""

import time
from collections import Counter
from collections.abc import Callable
from typing import Protocol

import structlog
from msgspec import Struct

from actors.block import Entry
from actors.keys import KEY_HEADER, Opened
from actors.telemetry import record, traces_on
from actors.wire import Arrived
from gateway.auth import FLEET
from gateway.check import Plan, find, judge
from gateway.dead_letters import DeadLetter
from gateway.errors import Reason, Refused
from gateway.intake import Block, IntakeStatistics, Log, PartitionIntake, Way
from gateway.limits import RateLimiter
from gateway.sequence import Sequences
from gateway.settings import GatewaySettings
from twins.handler import Origin
from twins.ids import partition_of

logger = structlog.get_logger(__name__)

INBOX = b"_INBOX."
"""Reply subjects begin so. Another one, `log.3.in` for example, would make this gateway publish
with its own privileges what a device could not."""

COPY = b"Nmqtt-Pub:"
"""Header of what MQTT clients published; its QoS follows."""

KEY = KEY_HEADER.replace("_", "-")

PROBE = "_probe"
"""Kind of no device: with it a gateway tests the server's mapping."""

MQTT_PREFIX = "$MQTT.msgs."
"""What the server puts before the subject of an MQTT message that it keeps."""

NANOSECONDS = 10**9
MOST_ON_THE_WAY_S = 60.0
"""A message that says that it is older was kept by its device, or its clock is wrong."""
HOLD_S = 1.0
"""How long an MQTT message that cannot be taken now stays with the server, in seconds."""

_ORIGIN = (int(Origin.DEVICE), int(Origin.DEVICE), int(Origin.INSIDE))
"""By `Way`."""


class Kept(Protocol):
    """A message as the NATS client hands it over one by one."""

    subject: str
    reply: str
    data: bytes
    headers: dict[str, str] | None


class Outside(Protocol):
    """What a gate needs of the gateway around it."""

    async def answer(self, subjects: list[bytes], body: bytes) -> None:
        """Publish the same to several subjects; what cannot be sent is lost."""

    async def tell_error(self, kind: str, key: str, reply: bytes) -> None:
        """Tell an MQTT device why its message was refused."""

    def bury(self, letter: DeadLetter) -> None:
        """Keep a dead letter."""


class GateStatistics(Struct, frozen=True):
    """What one partition's gate did since it was gained."""

    refused: dict[str, int]
    """Messages refused, by reason."""
    intake: IntakeStatistics


class PartitionGate:
    """One owned partition.

    Args:
        partition: Its number.
        partitions: How many there are.
        log: Writes its blocks.
        outside: Answers, errors and dead letters go there.
        limiter: Of all partitions of this gateway.
        settings: See `GatewaySettings`.
        clock: Seconds since the epoch.
        monotonic: Seconds, of a clock that nobody sets.
    """

    def __init__(
        self,
        partition: int,
        partitions: int,
        *,
        log: Log,
        outside: Outside,
        limiter: RateLimiter,
        settings: GatewaySettings,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.partition = partition
        self._partitions = partitions
        self._outside = outside
        self._limiter = limiter
        self._clock = clock
        self._monotonic = monotonic
        self._ahead_s = settings.clock_ahead_s
        self._sequences = Sequences(settings.sources_known)
        self.intake = PartitionIntake(
            partition, log, self._answer, self._sequences.forget, settings
        )
        self._refused: Counter[str] = Counter()
        self._ended = False
        self._routes: dict[bytes, _Route] = {}
        self._most_routes = max(1024, settings.devices_known // partitions)

    # -- ways in -----------------------------------------------------------------------------

    async def take(self, batch: list[Arrived]) -> None:
        """Take messages of `ingest.<p>.<kind>.<key>.<type>`, as one read of the socket brought."""
        if self._ended:
            return
        now, latest = self._monotonic(), self._clock() + self._ahead_s
        routes, limiter = self._routes, self._limiter
        for arrived in batch:
            subject, reply, headers, payload = arrived
            way = Way.NATS
            if headers and not reply and COPY in headers:
                if headers.partition(COPY)[2].split()[:1] != [b"0"]:
                    continue  # a copy; the message itself waits in $MQTT_msgs
                way, subject = Way.MQTT, _from_mqtt(subject)
            try:
                route = routes.get(subject) or self._find(subject, way)
                if reply and not (reply.startswith(route.inbox) or reply.startswith(route.fleet)):  # noqa: PIE810 - the first one nearly always holds, and a tuple costs
                    reply = b""
                wait_s = limiter.take(route.twin_id, now, len(payload))
                if wait_s:
                    raise _too_fast(route.twin_id, wait_s)
                self._put(route, payload, reply, way, latest)
            except Refused as refused:
                await self._refuse(subject, payload, reply, way, refused)

    async def take_inside(self, message: Kept) -> None:
        """Take a message of `inside.<p>.<kind>.<key>.<type>`, of Vigil's own parts."""
        if self._ended:
            return
        subject, reply, payload = message.subject.encode(), message.reply.encode(), message.data
        reply = reply if reply.startswith(INBOX) else b""
        try:
            route = self._routes.get(subject) or self._find(subject, Way.INSIDE)
            key_id = (message.headers or {}).get(KEY)
            latest = self._clock() + self._ahead_s
            self._put(route, payload, reply, Way.INSIDE, latest, key_id)
        except Refused as refused:
            await self._refuse(subject, payload, reply, Way.INSIDE, refused)

    async def take_mqtt(self, message: Kept) -> None:
        """Take a message of `$MQTT.msgs.ingest.<p>.…`; the server keeps it until acknowledged.

        Its sender has a PUBACK, so it may wait but not be refused for want of room.
        """
        subject = _from_mqtt(message.subject.removeprefix(MQTT_PREFIX).encode())
        payload, reply = message.data, message.reply.encode()
        try:
            route = self._routes.get(subject) or self._find(subject, Way.MQTT)
            wait_s = self._limiter.take(route.twin_id, self._monotonic(), len(payload))
            if wait_s:
                await self._outside.answer([reply], _hold(wait_s))
                return
            await self.intake.room()
            self._put(route, payload, reply, Way.MQTT, self._clock() + self._ahead_s)
        except Refused as refused:
            if refused.final:
                await self._refuse(subject, payload, b"", Way.MQTT, refused)
                await self._outside.answer([reply], b"+ACK")
            else:
                self._refused[refused.reason] += 1
                await self._outside.answer([reply], _hold(0.0))

    def _find(self, subject: bytes, way: Way) -> "_Route":
        """All that the subject decides, worked out once; raises `Refused`."""
        kind, key, type_ = _names(subject)
        plan = find(kind, key, type_, _ORIGIN[way])
        twin_id = f"{kind}/{key}"
        if partition_of(twin_id, self._partitions) != self.partition:
            raise Refused(
                Reason.WRONG_PARTITION,
                f"{twin_id} is not of partition {self.partition}; publish to "
                f"devices.{kind}.{key}.{type_}",
            )
        if len(self._routes) >= self._most_routes:
            self._routes.clear()
        route = self._routes[subject] = _Route(
            twin_id, type_, plan, _inbox(kind, key), _inbox(kind, FLEET)
        )
        return route

    def _put(
        self,
        route: "_Route",
        payload: bytes,
        reply: bytes,
        way: Way,
        latest: float,
        key_id: str | None = None,
    ) -> None:
        """Check a message and give it to the intake; raises `Refused`.

        `key_id`: of the key that it shall be sealed with, where its twin is nobody's.
        """
        try:
            body, message = judge(route.plan, payload, latest)
        except Refused:
            raise
        except Exception as error:
            # Nothing of ours raises here; but whatever it was, the sender must not wait in vain.
            logger.exception("cannot judge", twin_id=route.twin_id, type=route.type)
            raise Refused(Reason.BAD_DATA, f"the gateway cannot read it: {error!r}") from error
        why = self.intake.refusal()
        if why is not None:
            raise why
        if message.sequence is not None:
            source = message.source
            sender = route.twin_id if source is None else f"{route.twin_id} {source}"
            self._sequences.take(sender, message.boot or 0, message.sequence, message.base)
        if key_id is None:
            entry = Entry(route.twin_id, route.type, _ORIGIN[way], body)
        else:
            entry = Opened(route.twin_id, route.type, _ORIGIN[way], body, key_id=int(key_id))
        self.intake.put(entry, reply, way)
        if message.traceparent is not None and traces_on():
            self._trace(route, message.traceparent, message.time)

    def _trace(self, route: "_Route", traceparent: str, sent: float | None) -> None:
        """Record that it was taken; from its own time on, where its device's clock is like ours."""
        now = time.time()
        began = sent if sent is not None and now - MOST_ON_THE_WAY_S < sent < now else now
        record(
            "take", traceparent, began, now, twin_id=route.twin_id, type=route.type,
            partition=self.partition,
        )  # fmt: skip
        self.intake.trace(traceparent)

    # -- ways out ----------------------------------------------------------------------------

    async def _answer(
        self, block: Block, acknowledgement: bytes | None, refused: Refused | None
    ) -> None:
        """Answer a whole block; MQTT messages among it are acknowledged to the server."""
        if refused is not None:
            self._refused[refused.reason] += len(block.replies)
            acknowledgement = refused.reply()
        inboxes, stored = block.replies, []
        if block.ways[Way.MQTT]:
            inboxes = [reply for reply in block.replies if reply[:1] != b"$"]
            stored = [reply for reply in block.replies if reply[:1] == b"$"]
        if acknowledgement is not None:
            await self._outside.answer([reply for reply in inboxes if reply], acknowledgement)
        if stored:
            await self._outside.answer(stored, b"+ACK" if refused is None else _hold(HOLD_S))

    async def _refuse(
        self, subject: bytes, payload: bytes, reply: bytes, way: Way, refused: Refused
    ) -> None:
        kind, key, type_ = _names(subject)
        if kind == PROBE:
            return
        self._refused[refused.reason] += 1
        inboxes = (_inbox(kind, key), _inbox(kind, FLEET))
        if way is not Way.INSIDE and not reply.startswith(inboxes):
            reply = b""
        if refused.final or not reply:
            letter = DeadLetter(
                at=self._clock(),
                partition=self.partition,
                kind=kind,
                key=key,
                type=type_,
                way=way.name.lower(),
                reason=refused.reason,
                description=refused.description,
                size=len(payload),
                payload=payload,
            )
            self._outside.bury(letter)
        if reply:
            await self._outside.answer([reply], refused.reply())
        elif way is Way.MQTT:
            await self._outside.tell_error(kind, key, refused.reply())

    def end(self) -> None:
        """Take no notice any more: the partition is somebody else's.

        A subscription may outlive it, when the server was away while it was let go.
        """
        self._ended = True

    def statistics(self) -> GateStatistics:
        """What was done so far."""
        return GateStatistics(dict(self._refused), self.intake.statistics())


class _Route(Struct, frozen=True, gc=False):
    """What the subject of a message decides."""

    twin_id: str
    type: str
    plan: Plan
    inbox: bytes
    """Prefix of the device's own reply subjects."""
    fleet: bytes
    """Prefix of those of a connection that speaks for all devices of its kind."""


def _names(subject: bytes) -> list[str]:
    """Kind, key and type; what is missing is empty, and refused as such."""
    names = subject.decode(errors="replace").split(".", 4)[2:]
    return names if len(names) == 3 else [*names, "", "", ""][:3]  # noqa: PLR2004 - kind, key and type


def _from_mqtt(subject: bytes) -> bytes:
    """The server writes a dot of an MQTT topic as `//`; in types it means what it says."""
    if b"//" not in subject:
        return subject
    *head, type_ = subject.split(b".", 4)
    return b".".join([*head, type_.replace(b"//", b".")])


def _inbox(kind: str, key: str) -> bytes:
    """What the reply subjects of a device begin with."""
    return b"%b%b.%b." % (INBOX, kind.encode(), key.encode())


def _too_fast(twin_id: str, wait_s: float) -> Refused:
    return Refused(Reason.RATE, f"{twin_id} sends too fast; wait {wait_s:.2f} s")


def _hold(wait_s: float) -> bytes:
    """Let the server keep an MQTT message for so long and then deliver it again."""
    return b'-NAK {"delay":%d}' % max(1, int(wait_s * NANOSECONDS))
