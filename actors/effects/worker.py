"""Effect worker: delivers effects in order, until each one's outcome is with its twin."""

import asyncio
import os
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import httpx2
import ray
import stamina
import structlog
from msgspec import Struct

from actors.connection import NatsAddress, connect
from actors.effects.compute import ComputeDeliverer
from actors.effects.deliverer import (
    Deliverer,
    DeliveryError,
    NotNow,
    Promise,
    Refused,
    Unsure,
)
from actors.effects.device import DeviceDeliverer
from actors.effects.ledger import CALLED, KNOWN, Item, Ledger
from actors.effects.provider import ProviderDeliverer
from actors.errors import LogError
from actors.keyring import Keyring
from actors.keys import KEY_HEADER, Key, Keys, open_effect, open_outcome
from actors.log import request
from actors.settings import EffectSettings
from actors.telemetry import (
    Telemetry,
    configure,
    instruments,
    kept_spans,
    render_metrics,
    slow,
    slow_after,
    span,
)
from twins.event import MAX_DATA_BYTES, encode_message
from twins.ids import partition_of, split
from twins.outputs import Effect, Outcome, Target

logger = structlog.get_logger(__name__)

REASONS: dict[type[DeliveryError], str] = {
    Refused: "refused",
    NotNow: "expired",
    Unsure: "unknown",
}
"""What a twin is told when trying has ended."""

MAX_RESULT_BYTES = MAX_DATA_BYTES - 1024
"""Largest outcome that an event can carry, with its envelope."""

MAX_DETAIL = 2000
"""Characters of a failure's text that its twin gets."""

Publish = Callable[[Effect, str, Outcome], Awaitable[None]]
"""Brings an outcome into the log: (effect, event type, outcome); returns once it is durable."""


def way_of(effect: Effect) -> str:
    """What delivers an effect: its target, and of people's channels each by itself."""
    if effect.target is not Target.CHANNEL:
        return effect.target.value
    return f"{effect.target}:{effect.address.partition(':')[0]}"


class EffectCore:
    """The worker without Ray.

    Invariant: of one order at most one effect is being delivered, the oldest; a release never
    overtakes its hold.
    """

    def __init__(
        self,
        ledger: Ledger,
        deliverers: Mapping[str, Deliverer],
        publish: Publish,
        settings: EffectSettings,
        clock: Callable[[], float] = time.time,
        keys: Keys | None = None,
    ) -> None:
        self._keys = keys
        self.sealed: dict[str, Key] = {}
        """Effect id -> the key that it came sealed with, while it is undone."""
        self._ledger = ledger
        self._deliverers = deliverers
        self._publish = publish
        self._settings = settings
        self._clock = clock
        self._orders: OrderedDict[str, deque[Item]] = OrderedDict()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(settings.concurrency)

    def recover(self) -> None:
        """Go on with what the ledger holds undone."""
        for item in self._ledger.undone():
            self._take(item)

    def accept(self, effects: list[Effect]) -> int:
        """Hold effects durably; returns how many were new."""
        new = self._ledger.accept(effects, self._clock())
        for item in new:
            self._take(item)
        return len(new)

    def _take(self, item: Item) -> None:
        """Open an effect and let it wait for its turn; one whose key is gone was erased."""
        effect, key = open_effect(item.effect, self._keys)
        if effect is None:
            self._ledger.done(item)
            return
        item.effect = effect
        if key is not None:
            self.sealed[effect.id] = key
            item.outcome = open_outcome(item.outcome, key)
        self._queue(item)

    def _queue(self, item: Item) -> None:
        order = item.effect.order
        self._orders.setdefault(order, deque()).append(item)
        if order not in self._tasks:
            self._tasks[order] = asyncio.create_task(self._work(order), name=f"order-{order}")

    async def _work(self, order: str) -> None:
        queue = self._orders[order]
        try:
            while queue:
                await self._finish(queue[0])
                queue.popleft()
        finally:
            del self._tasks[order]
            if not queue:
                self._orders.pop(order, None)

    async def _finish(self, item: Item) -> None:
        """Bring one effect to its end: delivered or failed, and the twin told."""
        if item.state != KNOWN:
            async with self._room:
                with span(
                    "effect", item.effect.traceparent, effect=item.effect.name,
                    twin_id=item.effect.twin_id, effect_id=item.effect.id,
                ):  # fmt: skip
                    began = time.monotonic()
                    outcome = await self._deliver(item)
                    seconds = time.monotonic() - began
                    self._count(item.effect, outcome, seconds)
                    if seconds > slow_after():
                        _tell_slow(item.effect, seconds)
            self._ledger.known(item, outcome, self.sealed.get(item.effect.id))
        assert item.outcome is not None
        ending = "failed" if item.outcome.reason else "done"
        await self._publish(item.effect, f"{item.effect.name}.{ending}", item.outcome)
        self._ledger.done(item)
        self.sealed.pop(item.effect.id, None)

    def _count(self, effect: Effect, outcome: Outcome, seconds: float) -> None:
        target = {"target": effect.target.value}
        instruments.effects_duration.record(seconds, target)
        if outcome.reason:
            instruments.effects_failed.add(1, {**target, "reason": outcome.reason})
        else:
            instruments.effects_delivered.add(1, target)

    async def _deliver(self, item: Item) -> Outcome:
        effect = item.effect
        way = way_of(effect)
        deliverer = self._deliverers.get(way)
        if deliverer is None:
            return self._failed(item, "no_deliverer", f"nothing delivers {way} here")
        try:
            if item.state == CALLED and deliverer.promise is not Promise.IDEMPOTENT:
                known = await self._after_crash(deliverer, effect)
                if known is not None:
                    return self._done(item, known)
            return self._done(item, await self._try(deliverer, item))
        except DeliveryError as error:
            return self._failed(item, REASONS.get(type(error), "error"), str(error))
        except Exception as error:
            logger.exception("deliverer fails", effect_id=effect.id, name=effect.name)
            # Its call may have gone out before; where a repeat would be a second one, nobody knows.
            begun = item.state == CALLED and deliverer.promise is Promise.ONCE
            reason = REASONS[Unsure] if begun else "error"
            return self._failed(item, reason, f"{type(error).__name__}: {error}")

    async def _after_crash(self, deliverer: Deliverer, effect: Effect) -> Any | None:
        """It was being delivered when the worker died: ask, or say that nobody knows."""
        if deliverer.promise is Promise.QUERYABLE:
            return await deliverer.lookup(effect)
        raise Unsure(f"{effect.name} was being delivered when its worker stopped")

    async def _try(self, deliverer: Deliverer, item: Item) -> Any:
        """Try with growing pauses until it is done, refused, or expired."""
        effect, settings = item.effect, self._settings
        again: tuple[type[Exception], ...] = (NotNow,)
        if deliverer.promise is Promise.IDEMPOTENT:
            again = (NotNow, Unsure)
        left = None
        if effect.expires_at is not None:
            left = effect.expires_at - self._clock()
            if left <= 0:
                raise NotNow(f"expired {-left:.1f} s before it could be tried")
        async for attempt in stamina.retry_context(
            on=again,
            attempts=settings.attempts if left is None else None,
            timeout=left,
            wait_initial=settings.backoff_s,
            wait_max=settings.backoff_max_s,
            wait_jitter=settings.backoff_s / 2,
        ):
            with attempt:
                self._ledger.calling(item)
                return await deliverer.deliver(effect)
        raise NotNow("no attempt was made")

    def _done(self, item: Item, result: Any) -> Outcome:
        """The outcome of a success; raises `TypeError`, `ValueError` where no event can carry it.

        Found out here, it is a failure that the twin hears of; later, it would block the order.
        """
        effect = item.effect
        outcome = Outcome(effect_id=effect.id, key=effect.key, result=result, at=self._clock())
        size = len(encode_message(outcome))
        if size > MAX_RESULT_BYTES:
            raise ValueError(
                f"the result has {size} bytes, and an event carries {MAX_RESULT_BYTES}"
            )
        return outcome

    def _failed(self, item: Item, reason: str, detail: str) -> Outcome:
        effect = item.effect
        logger.warning(
            "effect failed", effect_id=effect.id, name=effect.name, twin_id=effect.twin_id,
            reason=reason, detail=detail, attempts=item.attempts,
        )  # fmt: skip
        return Outcome(
            effect_id=effect.id, key=effect.key, reason=reason, detail=detail[:MAX_DETAIL],
            at=self._clock(),
        )  # fmt: skip

    @property
    def waiting(self) -> int:
        """Effects whose outcome their twins do not have yet."""
        return sum(len(queue) for queue in self._orders.values())

    def statistics(self) -> dict[str, Any]:
        """Counts by state, and how many orders are being worked on."""
        return {"effects": self._ledger.counts(), "orders": len(self._tasks)}

    async def idle(self) -> None:
        """Wait until nothing is left to do."""
        while self._tasks:
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)


def _tell_slow(effect: Effect, seconds: float) -> None:
    """Keep how long an effect took, whether or not it is traced."""
    now = time.time()
    slow(
        f"effect {effect.id}", [("effect", now - seconds, now)], effect=effect.name,
        twin_id=effect.twin_id, effect_id=effect.id,
    )  # fmt: skip


class EffectPlan(Struct):
    """What a worker is told when it is made."""

    nats: NatsAddress
    partitions: int
    settings: EffectSettings
    folder: Path
    functions: dict[str, str]
    make_channels: Callable[[], Mapping[str, Deliverer]] | None
    """Channel -> what delivers it."""
    make_calendar: Callable[[], Deliverer] | None
    telemetry: Telemetry
    make_keyring: Callable[[], Keyring] | None = None


@ray.remote(max_restarts=-1, max_task_retries=0, num_cpus=0)
class EffectWorker:
    """The actor around `EffectCore`."""

    def __init__(self, name: str, plan: EffectPlan) -> None:
        configure(plan.telemetry, name)
        self._name, self._plan = name, plan
        self._core: EffectCore | None = None
        self._starting = asyncio.get_running_loop().create_task(self._start())

    async def _start(self) -> None:
        plan = self._plan
        client = await connect(plan.nats, self._name)
        http = httpx2.AsyncClient(timeout=plan.settings.call_timeout_s, trust_env=False)
        deliverers: dict[str, Deliverer] = {
            Target.PROVIDER: ProviderDeliverer(http, plan.settings.call_timeout_s),
            Target.DEVICE: DeviceDeliverer(client),
            Target.COMPUTE: ComputeDeliverer(plan.functions),
        }
        if plan.make_channels is not None:
            for name, channel in plan.make_channels().items():
                deliverers[f"{Target.CHANNEL}:{name}"] = channel
        if plan.make_calendar is not None:
            deliverers[Target.CALENDAR] = plan.make_calendar()

        async def publish(effect: Effect, event_type: str, outcome: Outcome) -> None:
            kind, key = split(effect.twin_id)
            partition = partition_of(effect.twin_id, plan.partitions)
            ending = event_type.rsplit(".", 1)[1]
            body = encode_message(
                outcome, id=f"{effect.id}.{ending}", time=outcome.at,
                traceparent=effect.traceparent,
            )  # fmt: skip
            sealed = core.sealed.get(effect.id)
            headers = {} if sealed is None else {KEY_HEADER: str(sealed.id)}
            while True:
                try:
                    answer = await request(
                        client, f"inside.{partition}.{kind}.{key}.{event_type}", body, **headers
                    )
                    if "error" not in answer:
                        return
                    logger.warning("outcome refused", effect_id=effect.id, error=answer["error"])
                    if answer["error"].get("code", 0) in {400, 404, 413}:
                        return  # the twin has no handler for it: nobody waits for this outcome
                except LogError as error:
                    logger.debug("outcome waits", effect_id=effect.id, error=str(error))
                await asyncio.sleep(0.2)

        ledger = Ledger(plan.folder / f"{self._name}.db")
        keys = None if plan.make_keyring is None else plan.make_keyring()
        core = EffectCore(ledger, deliverers, publish, plan.settings, keys=keys)
        core.recover()
        instruments.observe("vigil.effects.waiting", lambda: [(core.waiting, {})])
        self._core = core

    async def accept(self, effects: list[Effect]) -> int:
        """See `EffectCore.accept`."""
        await self._starting
        assert self._core is not None
        return self._core.accept(effects)

    async def metrics(self) -> bytes:
        """This process' metrics, Prometheus' text."""
        return render_metrics()

    async def spans(self, trace_id: str | None = None) -> bytes:
        """The spans that this process keeps, of one trace or all; see `decode_spans`."""
        return kept_spans(trace_id)

    async def statistics(self) -> dict[str, Any]:
        """See `EffectCore.statistics`."""
        await self._starting
        assert self._core is not None
        return {"name": self._name, "pid": os.getpid(), **self._core.statistics()}
