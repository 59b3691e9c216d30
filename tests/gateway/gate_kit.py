"""What tests of the gate share: one for a partition, with everything around it noted down."""

from typing import Any

from gateway_kit import (
    NOW,
    FakeLog,
    Outside,
    P,
    arrived,
    error_of,
    key_in,
    until,
)

from gateway.gate import PartitionGate
from gateway.limits import RateLimiter
from gateway.settings import GatewaySettings

KEY = key_in(1)
INBOX = f"_INBOX.testmeter.{KEY}.abc.1"


class Bench:
    """The gate of partition 1, with everything around it noted down."""

    def __init__(self, **settings: Any) -> None:
        self.log, self.outside = FakeLog(), Outside()
        self.time = 100.0
        options = GatewaySettings(**settings)
        self.gate = PartitionGate(
            1,
            P,
            log=self.log,
            outside=self.outside,
            limiter=RateLimiter(options.rate_per_device, options.burst_per_device, 100),
            settings=options,
            clock=lambda: NOW,
            monotonic=lambda: self.time,
        )

    async def send(
        self,
        body: bytes,
        *,
        key: str = KEY,
        type_: str = "telemetry",
        reply: str = INBOX,
        qos: int | None = None,
    ) -> None:
        """A device's message arrives."""
        subject = f"ingest.1.testmeter.{key}.{type_}"
        await self.gate.take([arrived(subject, body, reply, qos)])

    async def written(self, count: int = 1) -> None:
        """Wait until so many entries are in the log, and answered."""
        await until(lambda: len(self.log.entries) >= count)
        await until(lambda: self.gate.intake.statistics().pending == 0)

    def errors(self) -> list[int]:
        """err_code of each refusal sent."""
        return [error_of(body)["err_code"] for _, body in self.outside.answers if error_of(body)]
