"""Settings: one tree of everything that can be set, `section.name`.

    defaults < vigil.toml (or --config) < VIGIL__SECTION__NAME < arguments

Sections of the parts stand with the parts: `actors.settings`, `gateway.settings`,
`actors.telemetry`. `vigil config show` prints all of them, and where each value comes from.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import (
    BaseModel,
    ByteSize,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from actors.settings import EffectSettings, HostSettings
from actors.telemetry import Telemetry
from deploy import sources
from deploy.sources import Explained
from gateway.channels.settings import ChannelSettings
from gateway.settings import (
    AccessSettings,
    GatewaySettings,
    NatsSettings,
    PeopleSettings,
    RuleSettings,
    StreetSettings,
)

__all__ = ["Explained", "Settings", "explain", "load_settings"]

CONFIG = Path("vigil.toml")
"""The file that is read where it is there and no other is named."""

MIB = 1024 * 1024
GIB = 1024 * MIB


FUNCTIONS = {"remaining_useful_life": "twins.devices.wear:remaining_useful_life"}
"""What the kinds that come with Vigil compute on Ray."""


class NodeSettings(BaseModel):
    """This machine's share of the cluster."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path = Path(".vigil")
    """Where everything lies that must not be lost: logs, checkpoints, ledgers, secrets."""

    seed: int = Field(default=1, ge=0)
    """Of everything simulated; the same seed shows the same fleet and the same faults."""

    kinds: list[str] = ["twins.devices", "twins.people", "twins.services", "actors.supervisors"]
    """Modules that declare kinds, and paths of documents that describe them; the same on every
    machine of a cluster. Installed packages with an entry point `vigil.kinds` need not be named."""

    functions: dict[str, str] = FUNCTIONS
    """Heavy computations on Ray: the name that twins use -> `module:function`. Those of Vigil's own
    kinds are there on every node; a name that is given anew stands for the new one."""

    ray_cpus: int | None = Field(default=None, ge=1)
    """Processors that Ray may give to computations; none takes all that the machine has."""

    ray_object_store: ByteSize = Field(default=ByteSize(128 * MIB), ge=80 * MIB)
    """Shared memory for large results of computations; twins do not use it."""

    start_s: float = Field(default=90.0, gt=0, le=3600)
    """How long the node may take until every partition is served, in seconds."""

    stop_s: float = Field(default=30.0, gt=0, le=3600)
    """How long last checkpoints may take when the node ends, in seconds."""

    @field_validator("functions")
    @classmethod
    def _with_those_of_ours(cls, given: dict[str, str]) -> dict[str, str]:
        return {**FUNCTIONS, **given}


class LogSettings(BaseModel):
    """The log. `partitions` is fixed when a cluster is made."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    partitions: int = Field(default=8, ge=1, le=4096)
    """Shares into which all twins fall; a power of two."""

    max_bytes: ByteSize = Field(default=ByteSize(GIB), ge=16 * MIB)
    """Most that the log of one partition may take on disk."""

    @model_validator(mode="after")
    def _power_of_two(self) -> Self:
        if self.partitions & (self.partitions - 1):
            raise ValueError(f"partitions must be a power of two, not {self.partitions}")
        return self


class ApiSettings(BaseModel):
    """The HTTP API, on 127.0.0.1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    port: int = Field(default=8080, ge=0, le=65_535)
    """Port; 0 chooses a free one."""

    public_url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    """What links in messages to people begin with; none takes the API's own address."""

    operator_token: SecretStr | None = Field(default=None, min_length=16)
    """The node's own token, an administrator's; none takes the one made with the data folder."""


class Settings(BaseSettings):
    """All settings. `Settings()` alone has the defaults; `load_settings` reads the sources."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True)

    node: NodeSettings = NodeSettings()
    nats: NatsSettings = NatsSettings()
    log: LogSettings = LogSettings()
    gateway: GatewaySettings = GatewaySettings()
    host: HostSettings = HostSettings()
    effects: EffectSettings = EffectSettings()
    api: ApiSettings = ApiSettings()
    access: AccessSettings = AccessSettings()
    rules: RuleSettings = RuleSettings()
    people: PeopleSettings = PeopleSettings()
    channels: ChannelSettings = ChannelSettings()
    streets: StreetSettings = StreetSettings()
    telemetry: Telemetry = Telemetry()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is the library's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - `sources` reads it, to know what came from where
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - not read
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - not read
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing is read behind the caller's back."""
        return (init_settings,)

    @model_validator(mode="after")
    def _logs_fit(self) -> Self:
        logs = self.log.partitions * self.log.max_bytes
        needed = logs + self.nats.mqtt_bytes + self.gateway.dead_letter_bytes
        if needed > self.nats.max_store_bytes:
            raise ValueError(
                f"{self.log.partitions} logs of log.max_bytes and the rest need "
                f"{ByteSize(needed).human_readable()}, more than nats.max_store_bytes "
                f"({self.nats.max_store_bytes.human_readable()}); raise it, or lower log.max_bytes"
            )
        return self


def load_settings(
    config: Path | None = None, overrides: Mapping[str, Any] | None = None
) -> Settings:
    """Read the settings from all sources.

    Args:
        config: A TOML file that must be there; without it `vigil.toml` counts, if there is one.
        overrides: The strongest source; nested, or with dotted keys: `{"nats.port": 0}`.

    Raises:
        BadSettings: Unknown, unreadable or out of range; a line for each, with what to change.
    """
    return sources.read(Settings, config, CONFIG, overrides)[0]


def explain(
    config: Path | None = None, overrides: Mapping[str, Any] | None = None
) -> list[Explained]:
    """Every setting, its value and where that comes from; secrets masked. See `load_settings`."""
    return sources.explain(*sources.read(Settings, config, CONFIG, overrides))
