"""Settings of the actors: plain models, filled by whoever starts a cluster.

Sizes are bytes, durations are seconds. A size may be written `"512MiB"`, a duration is a number.
"""

from typing import Self

from pydantic import BaseModel, ByteSize, ConfigDict, Field, model_validator

MIB = 1024 * 1024
GIB = 1024 * MIB


class HostSettings(BaseModel):
    """How twin hosts run their partitions. Every host of a cluster has the same settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    count: int = Field(default=1, ge=0, le=4096)
    """Twin hosts to start on this machine, one Ray process each; 0 on a machine without twins."""

    checkpoint_s: float = Field(default=2.0, ge=0.1, le=3600)
    """Seconds between checkpoints of a partition: what a crash makes it replay at most, and how far
    search lies behind."""

    checkpoint_twins: int = Field(default=20_000, ge=1)
    """Changed twins in memory at which a checkpoint is made before its time."""

    history_s: float = Field(default=7 * 86_400, ge=0, le=100 * 366 * 86_400)
    """How far back the log is kept beyond what checkpoints need, in seconds of its own time; older
    blocks go once a verified checkpoint holds what they did. History gives way before a log is
    full: beyond 60 % of `log.max_bytes` the oldest blocks go, however young they are. An event of
    eight values takes about 230 bytes, so that 1 GiB keeps a partition's last 2.8 million."""

    hot_bytes: ByteSize = Field(default=ByteSize(GIB), ge=MIB)
    """Memory for twins of one host; beyond it, the least recently used live in the store alone."""

    outbox_limit: int = Field(default=10_000, ge=1)
    """Outputs of a partition not yet acknowledged, at which it stops reading its log."""

    outbox_bytes: ByteSize = Field(default=ByteSize(64 * MIB), ge=MIB)
    """Bytes of its messages to other partitions not yet acknowledged, at which it does the same."""

    handler_s: float = Field(default=1.0, ge=0.05, le=60)
    """Processor time that one event may take, in seconds; twice as much in a replay. Beyond it, its
    twin is parked. A block's other events wait meanwhile, and so do heartbeats: keep it well below
    `lease_s`."""

    stuck_s: float = Field(default=30.0, ge=2, le=3600)
    """How long a host may not respond at all before it ends itself, to be started anew."""

    heartbeat_s: float = Field(default=0.5, ge=0.05, le=60)
    """Seconds between heartbeats to the coordinator."""

    lease_s: float = Field(default=3.0, ge=0.5, le=600)
    """How long a host may answer after its last heartbeat that was answered, in seconds.

    After a crash its partitions are without an owner for this, and a second on top. At least four
    heartbeats, so that a lost one costs nothing.
    """

    @model_validator(mode="after")
    def _lease_outlasts_heartbeats(self) -> Self:
        if self.lease_s < 4 * self.heartbeat_s:
            raise ValueError(
                f"lease_s is {self.lease_s:g}, less than four heartbeats of {self.heartbeat_s:g} s;"
                " one lost heartbeat would cost a host its partitions"
            )
        return self


class EffectSettings(BaseModel):
    """How effects are delivered. Every worker of a cluster has the same settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workers: int = Field(default=1, ge=1, le=1024)
    """Effect workers to start on this machine, one Ray process each."""

    concurrency: int = Field(default=256, ge=1, le=100_000)
    """Effects that one worker delivers at the same time, each of another order."""

    attempts: int = Field(default=8, ge=1, le=1000)
    """Tries to deliver one effect before it has failed and its twin is told."""

    backoff_s: float = Field(default=0.5, gt=0, le=3600)
    """Pause before the second try, in seconds; it doubles with each further one."""

    backoff_max_s: float = Field(default=30.0, gt=0, le=86_400)
    """Longest pause between two tries, in seconds."""

    call_timeout_s: float = Field(default=5.0, gt=0, le=600)
    """How long one call to a provider or channel may take, in seconds."""
