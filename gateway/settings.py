"""Settings of the gateway and of the NATS server that Vigil runs: plain models.

Sizes are bytes and may be written `"64MiB"`; durations are seconds.
"""

from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ByteSize, ConfigDict, Field, SecretStr, model_validator

from actors.block import MAX_BYTES, MAX_EVENTS
from gateway.roles import Role
from twins.event import MAX_AHEAD_S

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


class GatewaySettings(BaseModel):
    """How gateways take messages. Every gateway of a cluster has the same settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    count: int = Field(default=1, ge=0, le=4096)
    """Gateways to start on this machine, one Ray process each; 0 on a machine without edges."""

    rate_per_device: float = Field(default=50.0, gt=0, le=1_000_000)
    """Messages that one device may send a second in the long run; each further 4 KB of a message
    count as one more."""

    burst_per_device: int = Field(default=200, ge=1, le=1_000_000)
    """Messages that one device may send at once after a silence. At least 64, a full window of
    messages in flight, so that catching up is not taken for a flood."""

    devices_known: int = Field(default=200_000, ge=2)
    """Devices whose rate is remembered at a time; some 150 bytes each."""

    block_events: int = Field(default=MAX_EVENTS, ge=1, le=MAX_EVENTS)
    """Most events in one block."""

    block_bytes: ByteSize = Field(default=ByteSize(MAX_BYTES), ge=4 * KIB, le=MAX_BYTES)
    """Largest block; one larger event is a block of its own."""

    pending_events: int = Field(default=8 * MAX_EVENTS, ge=1)
    """Events of one partition that may wait for their block; beyond it devices are refused."""

    pending_bytes: ByteSize = Field(default=ByteSize(4 * MIB), ge=64 * KIB)
    """Bytes of one partition that may wait for their block; beyond it devices are refused."""

    refuse_at: float = Field(default=0.8, ge=0.7, le=1)
    """Share of a log's `max_bytes` at which devices are refused; the rest is for messages between
    twins and for ticks. More than the 60 % that history may take."""

    clock_ahead_s: float = Field(default=MAX_AHEAD_S, ge=0, le=86_400)
    """How far ahead of the gateway's clock a message's or a reading's time may lie, in seconds."""

    sources_known: int = Field(default=20_000, ge=2)
    """Senders of one partition whose last number is remembered; some 200 bytes each."""

    dead_letter_bytes: ByteSize = Field(default=ByteSize(64 * MIB), ge=MIB)
    """Size of the stream of refused messages; the oldest make room."""

    dead_letter_payload: int = Field(default=2 * KIB, ge=0, le=64 * KIB)
    """How much of a refused message is kept, in bytes."""

    heartbeat_s: float = Field(default=0.5, ge=0.05, le=60)
    """Seconds between heartbeats to the coordinator."""

    let_go_s: float = Field(default=10.0, ge=0.1, le=600)
    """How long a partition that is let go may finish the block in flight, in seconds."""


class NatsSettings(BaseModel):
    """The NATS server that Vigil starts on this machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    port: int = Field(default=4222, ge=0, le=65_535)
    """Port for NATS clients; 0 chooses a free one."""

    mqtt_port: int | None = Field(default=1883, ge=0, le=65_535)
    """Port for MQTT clients; 0 chooses a free one, none switches MQTT off."""

    monitor_port: int | None = Field(default=None, ge=1, le=65_535)
    """Port of the server's own monitoring pages; none switches them off."""

    processors: int | None = Field(default=None, ge=1)
    """Processors that the server may use at a time; none takes half of the machine's. With all of
    them on a small machine it spends a fifth of its time on waking threads (docs/decisions/006)."""

    max_store_bytes: ByteSize = Field(default=ByteSize(64 * GIB), ge=64 * MIB)
    """Most that all streams together may take on disk."""

    max_memory_bytes: ByteSize = Field(default=ByteSize(256 * MIB), ge=16 * MIB)
    """Most that streams and consumers kept in memory may take."""

    mqtt_bytes: ByteSize = Field(default=ByteSize(GIB), ge=MIB)
    """Most that MQTT messages may take while they wait for a gateway; then publishing fails."""

    max_connections: int = Field(default=65_536, ge=16)
    """Most clients at a time."""

    start_s: float = Field(default=30.0, gt=0, le=3600)
    """How long the server may take to become ready, in seconds; recovery of large logs is slow."""


class PeopleSettings(BaseModel):
    """What Vigil's edges may do for and with customers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    calendar_hosts: list[str] = ["127.0.0.1", "localhost", "::1"]
    """Hosts that customers' calendar feeds may lie on; nothing else is ever called for them."""

    web_origins: list[str] = []
    """Origins of pages that may tell what visitors do there: `https://www.example.com`."""

    web_rate: float = Field(default=1.0, gt=0, le=1000)
    """Visits that one visitor may send a second in the long run; all behind one address may send 50
    times as many."""

    web_burst: int = Field(default=20, ge=1, le=10_000)
    """Visits that one visitor may send at once after a silence."""


class StreetSettings(BaseModel):
    """Maps of streets: for consoles, for customers' pages, and for ways over them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path | None = None
    """Where maps lie; none takes `vigil/streets` in the user's cache folder. `vigil streets` fills
    it, and says what is there."""


LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that are this machine itself."""


class OidcSettings(BaseModel):
    """The OIDC provider that people sign in with. Without an issuer there is none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str = Field(default="", pattern=r"^(https?://[^\s?#]+)?$")
    """Its address, to the letter: `https://id.example.com/realms/house`. TLS, but on this
    machine."""

    client_id: str = ""
    """How Vigil is known there."""

    client_secret: SecretStr | None = None
    """What Vigil proves that with; none: it is a public client, by PKCE alone."""

    audience: str | None = None
    """What JWTs that programs come with are made for; none: they are not taken. Another one than
    the client's id: an ID token is nothing to call with."""

    scopes: list[str] = ["openid", "profile"]
    """What is asked for."""

    name_claim: str = "preferred_username"
    """Claim with the name under what she does: one that people can't choose themselves."""

    roles_claim: str = "groups"
    """Claim with what becomes roles: a list, or words; dots lead into objects."""

    roles: dict[str, Role] = {}
    """What stands in that claim -> the role here. What is not named is none."""

    hosts: list[str] = []
    """Hosts beside the issuer's that its description may send Vigil to, by https."""

    skew_s: float = Field(default=30.0, ge=0, le=600)
    """How far its clock and ours may differ, in seconds."""

    keys_s: float = Field(default=3600.0, ge=60, le=86_400)
    """How long its keys are kept, in seconds. Unknown ones have them read again at once."""

    timeout_s: float = Field(default=5.0, gt=0, le=60)
    """How long it may take to answer, in seconds."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.issuer:
            return self
        at = urlsplit(self.issuer)
        if at.scheme != "https" and at.hostname not in LOOPBACK:
            raise ValueError("access.oidc.issuer: keys by plain HTTP are anybody's; use https")
        if not self.client_id or not self.roles:
            raise ValueError(
                "access.oidc needs client_id, and roles: claim -> role, or nobody enters"
            )
        if self.audience == self.client_id:
            raise ValueError("access.oidc.audience: choose another than client_id")
        return self


class AccessSettings(BaseModel):
    """How people and programs sign in to the API."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    session_s: float = Field(default=43_200.0, ge=60, le=30 * 86_400)
    """How long a session lasts, in seconds; then its owner signs in again."""

    sign_in_s: float = Field(default=600.0, ge=10, le=86_400)
    """How long a one-time sign-in may wait until it is used, in seconds."""

    activity_days: float = Field(default=400.0, ge=1, le=36_500)
    """How long the activity log keeps who changed what, in days."""

    oidc: OidcSettings = OidcSettings()
    """The provider that people sign in with."""


class RuleSettings(BaseModel):
    """How rules may be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    approval: bool = False
    """Whether a draft needs the approval of a second person before it is published. Going back to a
    version that was published before needs none. People are told apart by the names that they
    are signed in with; those who hold the node's own token, by the names that they give."""
