"""Core: a gateway without Ray. Devices and Vigil's own parts on one side, the log on the other.

ingest.<p>.>   ─┐
inside.<p>.>   ─┼─▶ gate of p ─▶ intake of p ─▶ log of p ─▶ acknowledgements
$MQTT_msgs, p  ─┘        └─▶ refusals, dead letters
"""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Iterable

import psutil
import structlog
from msgspec import Struct, structs
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from actors.assignment import GATEWAY
from actors.connection import NatsAddress, connect
from actors.errors import LogError
from actors.keyring import Keyring
from actors.kinds import KindSource, load_kinds
from actors.log import AGAIN_S, Appender, stream_state
from actors.membership import Beat, Membership
from actors.telemetry import Telemetry, instruments
from actors.wire import BatchClient
from gateway.auth import Authenticator, AuthService
from gateway.dead_letters import DeadLetter, DeadLetters, create_dead_letters
from gateway.errors import MappingDiffers
from gateway.gate import PROBE, GateStatistics, PartitionGate
from gateway.limits import RateLimiter
from gateway.mqtt import MqttReader, create_errors, tell_error
from gateway.secrets import Secrets
from gateway.settings import GatewaySettings
from twins.ids import partition_of

logger = structlog.get_logger(__name__)

QUEUED_MESSAGES = 16_384
QUEUED_BYTES = 16 * 1024 * 1024
"""What the subscription of Vigil's own parts may hold that has not come to the gate; more is
dropped by the client, and its senders repeat it. Devices' messages are not queued at all."""

LOOK_S = 1.0
"""How often the logs' fill is looked at, in seconds."""

PROBES = 32
"""Names whose partition is asked of the server. A server made for another number of partitions
agrees on all of them once in four billion times."""

PROBE_S = 5.0


class GatewayPlan(Struct):
    """What a gateway is told when it is made; the same for all gateways of a cluster."""

    nats: NatsAddress
    partitions: int
    settings: GatewaySettings
    kinds: list[KindSource]
    """What declares kinds."""
    secrets: Secrets
    mqtt: bool
    """Whether the server has an MQTT listener."""
    telemetry: Telemetry
    make_keyring: Callable[[], Keyring] | None = None
    """What persons' data is sealed with; None: nothing is sealed."""


class GatewayStatistics(Struct, frozen=True):
    """What a gateway did since it started, and where it stands."""

    name: str
    owner: str
    """`name#incarnation`, as the coordinator knows it."""
    pid: int
    cpu_s: float
    """Processor time of the process, user and system, in seconds."""
    rss: int
    """Its memory, in bytes."""
    taken: int
    """Events that are durable."""
    ways: dict[str, int]
    """The same by `nats`, `mqtt` and `inside`."""
    refused: dict[str, int]
    """Messages refused, by reason."""
    blocks: int
    bytes: int
    """Of all blocks."""
    pending: int
    """Events that wait to be durable."""
    signed_in: int
    """Questions of the server about who signs in that were answered."""
    dead_letters: int
    """Dead letters written."""
    dead_dropped: int
    """Refusals that could not be kept as dead letters."""
    partitions: list[GateStatistics]
    """Of the partitions owned now."""


class _Owned(Struct):
    """One partition in service."""

    gate: PartitionGate
    subscriptions: list[Subscription]
    mqtt: MqttReader | None


class GatewayCore:
    """Takes messages for the partitions that the coordinator gives it.

    Args:
        name: Of the gateway, constant over restarts.
        plan: See `GatewayPlan`.
        beat: Sends a heartbeat to the coordinator and returns its orders.
        broken: Called when a connection is closed for good, which the NATS client does on
            errors that it takes for final; the process must start anew.
    """

    def __init__(
        self, name: str, plan: GatewayPlan, beat: Beat, broken: Callable[[], None] | None = None
    ) -> None:
        self.name = name
        self._plan = plan
        self._broken = broken
        self._keyring = None if plan.make_keyring is None else plan.make_keyring()
        settings = plan.settings
        self._limiter = RateLimiter(
            settings.rate_per_device, settings.burst_per_device, settings.devices_known
        )
        self.membership = Membership(
            GATEWAY, name, beat, self.gain, self.lose, every_s=settings.heartbeat_s
        )
        self._owned: dict[int, _Owned] = {}
        self._tasks: list[asyncio.Task[None]] = []
        # Of partitions that were let go; totals must never fall.
        self._past_ways: Counter[str] = Counter()
        self._past_refused: Counter[str] = Counter()
        self._past_blocks = self._past_bytes = 0
        # Two connections: what the log answers must not wait behind what devices send.
        self._client: BatchClient
        self._edge: BatchClient
        self._auth: AuthService
        self._dead: DeadLetters

    # -- life --------------------------------------------------------------------------------

    async def start(self) -> None:
        """Connect, check the server, let devices sign in, and begin to take orders.

        Raises `MappingDiffers` when the server was made for another number of partitions.
        """
        plan = self._plan
        load_kinds(plan.kinds)
        self._client = client = await connect(plan.nats, self.name)
        self._edge = await connect(plan.nats, f"{self.name}-edge")
        self._dead = DeadLetters(client, plan.settings.dead_letter_payload, self._keyring)
        self._dead.start()
        self._auth = AuthService(client, Authenticator(plan.secrets, plan.partitions))
        while True:
            try:
                await check_mapping(client, plan.partitions)
                await create_dead_letters(client, int(plan.settings.dead_letter_bytes))
                await create_errors(client)
                await self._auth.start()
            except (LogError, NatsError, OSError) as error:
                logger.warning("waits for the server", gateway=self.name, error=repr(error))
                await asyncio.sleep(AGAIN_S)
                continue
            break
        self._tasks = [asyncio.create_task(self._look(), name="gateway-look")]
        instruments.observe("vigil.messages.accepted", self._read_accepted)
        instruments.observe("vigil.messages.refused", self._read_refused)
        self.membership.start()

    async def drain(self) -> None:
        """Let go of every partition, and end the heartbeat; devices go to other gateways."""
        await self.membership.drain()
        await self.membership.stop()

    async def stop(self) -> None:
        """End everything, as good as it goes."""
        await self.membership.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(self.lose(partition) for partition in list(self._owned)))
        await self._auth.stop()
        await self._dead.stop()
        await self._edge.close()
        await self._client.close()

    # -- ownership ---------------------------------------------------------------------------

    async def gain(self, partition: int, epoch: int) -> None:
        """Begin to take messages of a partition; or go on under a later epoch."""
        owned = self._owned.get(partition)
        if owned is not None:
            await owned.gate.intake.serve(epoch)
            return
        settings = self._plan.settings
        gate = PartitionGate(
            partition,
            self._plan.partitions,
            log=Appender(self._client, partition, self._keyring),
            outside=self,
            limiter=self._limiter,
            settings=settings,
        )
        await gate.intake.serve(epoch)
        owned = _Owned(gate, [], None)
        try:
            await self._listen(partition, owned)
        except BaseException:
            await self._let_go(owned)
            raise
        self._owned[partition] = owned
        logger.info("takes", gateway=self.name, partition=partition, epoch=epoch)

    async def _listen(self, partition: int, owned: _Owned) -> None:
        owned.subscriptions += [
            await self._edge.subscribe_batches(f"ingest.{partition}.>", owned.gate.take),
            await self._client.subscribe(
                f"inside.{partition}.>",
                cb=owned.gate.take_inside,
                pending_msgs_limit=QUEUED_MESSAGES,
                pending_bytes_limit=QUEUED_BYTES,
            ),
        ]
        if self._plan.mqtt:
            owned.mqtt = MqttReader(self._edge, partition, owned.gate)
            await owned.mqtt.start()

    async def lose(self, partition: int) -> None:
        """Refuse what still comes, finish the block in flight, and let go."""
        owned = self._owned.get(partition)
        if owned is None:
            return
        await self._let_go(owned)
        del self._owned[partition]
        self._keep_totals(owned.gate.statistics())

    async def _let_go(self, owned: _Owned) -> None:
        within_s = self._plan.settings.let_go_s
        closing = asyncio.create_task(owned.gate.intake.close(within_s))
        if owned.mqtt is not None:
            await owned.mqtt.stop(within_s)
        for subscription in owned.subscriptions:
            try:
                draining = subscription.drain()  # type: ignore[no-untyped-call]  # nats-py has no types here
                async with asyncio.timeout(within_s):
                    await draining
            except (NatsError, TimeoutError, OSError) as error:
                logger.warning("lets go without the server", gateway=self.name, error=repr(error))
        await closing
        owned.gate.end()

    # -- what gates need (`gateway.gate.Outside`) ----------------------------------------------

    async def answer(self, subjects: list[bytes], body: bytes) -> None:
        """Publish the same to several subjects; what cannot be sent is lost."""
        try:
            await self._edge.publish_same(subjects, body)
        except (NatsError, OSError) as error:
            # Senders that hear nothing repeat, and repeats are recognised.
            logger.debug("cannot answer", gateway=self.name, error=repr(error))

    async def tell_error(self, kind: str, key: str, reply: bytes) -> None:
        """Tell an MQTT device why its message was refused."""
        try:
            await tell_error(self._client, kind, key, reply)
        except (NatsError, OSError) as error:
            logger.debug("cannot tell", gateway=self.name, error=repr(error))

    def bury(self, letter: DeadLetter) -> None:
        """Keep a dead letter."""
        self._dead.note(letter)

    # -- watching ----------------------------------------------------------------------------

    async def _look(self) -> None:
        while True:
            if self._client.is_closed or self._edge.is_closed:
                logger.error("a connection is closed for good", gateway=self.name)
                if self._broken is not None:
                    self._broken()
                return
            for partition, owned in list(self._owned.items()):
                try:
                    state = await stream_state(self._client, partition)
                except LogError as error:
                    logger.debug("cannot look", partition=partition, error=str(error))
                    await asyncio.sleep(AGAIN_S)
                    continue
                owned.gate.intake.note_fill(state.bytes, max(0, state.max_bytes))
            await asyncio.sleep(LOOK_S)

    def _keep_totals(self, gate: GateStatistics) -> None:
        self._past_ways.update(gate.intake.taken)
        self._past_refused.update(gate.refused)
        self._past_blocks += gate.intake.blocks
        self._past_bytes += gate.intake.bytes

    @property
    def partitions(self) -> list[int]:
        """Those owned now."""
        return sorted(self._owned)

    def statistics(self) -> GatewayStatistics:
        """What was done so far."""
        gates = [owned.gate.statistics() for _, owned in sorted(self._owned.items())]
        ways, refused = Counter(self._past_ways), Counter(self._past_refused)
        for gate in gates:
            ways.update(gate.intake.taken)
            refused.update(gate.refused)
        process = psutil.Process()
        times = process.cpu_times()
        return GatewayStatistics(
            name=self.name,
            owner=self.membership.owner,
            pid=os.getpid(),
            cpu_s=times.user + times.system,
            rss=process.memory_info().rss,
            taken=ways.total(),
            ways=dict(ways),
            refused=dict(refused),
            blocks=self._past_blocks + sum(gate.intake.blocks for gate in gates),
            bytes=self._past_bytes + sum(gate.intake.bytes for gate in gates),
            pending=sum(gate.intake.pending for gate in gates),
            signed_in=self._auth.answered,
            dead_letters=self._dead.written,
            dead_dropped=self._dead.dropped,
            partitions=gates,
        )

    def _read_accepted(self) -> Iterable[tuple[float, dict[str, str | int]]]:
        return [(count, {"way": way}) for way, count in self.statistics().ways.items()]

    def _read_refused(self) -> Iterable[tuple[float, dict[str, str | int]]]:
        return [(count, {"reason": reason}) for reason, count in self.statistics().refused.items()]


async def check_mapping(client: Client, partitions: int) -> None:
    """Compare the server's partitions with ours on a few names; raises `MappingDiffers`.

    Raises `LogError` when the server does not hand the probes on in time.
    """
    run = os.urandom(8).hex()
    found: dict[str, int] = {}
    done = asyncio.Event()

    async def take(message: Msg) -> None:
        _, partition, _, key, _ = message.subject.split(".", 4)
        if key.startswith(run):
            found[key] = int(partition)
        if len(found) == PROBES:
            done.set()

    subscription = await client.subscribe(f"ingest.*.{PROBE}.>", cb=take)
    try:
        for number in range(PROBES):
            await client.publish(f"devices.{PROBE}.{run}-{number}.probe", b"")
        async with asyncio.timeout(PROBE_S):
            await done.wait()
    except TimeoutError:
        raise LogError(
            f"only {len(found)} of {PROBES} probes came back: the server does not map "
            "devices.<kind>.<key>.<type>; start it with the configuration of `write_config`"
        ) from None
    finally:
        await subscription.unsubscribe()
    for key, partition in found.items():
        ours = partition_of(f"{PROBE}/{key}", partitions)
        if partition != ours:
            raise MappingDiffers(
                f"the server puts {PROBE}/{key} into partition {partition}, we into {ours}: it "
                f"was configured for another number than {partitions}; start both with the number "
                "that the cluster was made for"
            )


def plain(statistics: GatewayStatistics) -> dict[str, object]:
    """Statistics as plain values, for callers in other processes."""
    values = structs.asdict(statistics)
    values["partitions"] = [
        {**structs.asdict(gate), "intake": structs.asdict(gate.intake)}
        for gate in statistics.partitions
    ]
    return values
