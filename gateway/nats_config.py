"""NATS configuration: the server's file, as Vigil needs it."""

from pathlib import Path

from msgspec import json

from gateway.auth import ACCOUNT, Authenticator
from gateway.secrets import PRIVATE, Secrets
from gateway.settings import MIB, NatsSettings

HOST = "127.0.0.1"
NAME = "vigil"
FILE = "nats.conf"

MAX_PAYLOAD = MIB
"""Largest message: a block and what surrounds it; devices are held to 64 KB by the gateway."""

_TEMPLATE = """\
# Written by Vigil at every start; changes are lost.
server_name: {name}
listen: {listen}
{monitor}
max_payload: {payload}
max_connections: {connections}
max_control_line: 4096
max_pending: 64MB
write_deadline: "5s"
ping_interval: "20s"
ping_max: 3

jetstream {{
  store_dir: {store}
  # An acknowledgement means that it is on the disk.
  sync_interval: always
  max_memory_store: {memory}
  max_file_store: {file}
}}

accounts {{
  {account} {{
    jetstream: enabled
    users: [ {{ user: {user}, password: {password} }} ]
    mappings {{
      # Kind and key decide the partition. It must be the one that twins.ids.partition_of computes.
      "devices.*.*.>": {mapping}
    }}
  }}
}}

authorization {{
  timeout: 5
  auth_callout {{ issuer: {issuer}, account: {account}, auth_users: [ {user} ] }}
}}
{mqtt}"""

_MQTT = """
mqtt {{
  listen: {listen}
  # Vigil's ids make an event count once; QoS 2 would add nothing but its handshakes.
  reject_qos2_publish: true
  downgrade_qos2_subscribe: true
  max_ack_pending: 256
}}
"""


def write_config(
    folder: Path,
    *,
    port: int,
    mqtt_port: int | None,
    store_dir: Path,
    partitions: int,
    secrets: Secrets,
    settings: NatsSettings | None = None,
) -> Path:
    """Write `nats.conf` into a folder, readable by its owner alone, and return its path.

    Args:
        folder: Where to write it; made when it is not there.
        port: For NATS clients, on the loopback interface.
        mqtt_port: For MQTT clients; None for no MQTT.
        store_dir: Where streams lie.
        partitions: A power of two; the same for the life of the cluster.
        secrets: The internal user's password, and the key that signs permissions.
        settings: Limits.
    """
    settings = settings or NatsSettings()
    folder.mkdir(parents=True, exist_ok=True)
    monitor = settings.monitor_port
    text = _TEMPLATE.format(
        name=NAME,
        listen=_quoted(f"{HOST}:{port}"),
        monitor="" if monitor is None else f"http: {_quoted(f'{HOST}:{monitor}')}",
        payload=MAX_PAYLOAD,
        connections=settings.max_connections,
        store=_quoted(str(store_dir)),
        memory=int(settings.max_memory_bytes),
        file=int(settings.max_store_bytes),
        account=ACCOUNT,
        user=_quoted(secrets.internal_user),
        password=_quoted(secrets.internal_password),
        mapping=_quoted(
            f"ingest.{{{{partition({partitions},1,2)}}}}.{{{{wildcard(1)}}}}.{{{{wildcard(2)}}}}.>"
        ),
        issuer=Authenticator(secrets, partitions).issuer,
        mqtt="" if mqtt_port is None else _MQTT.format(listen=_quoted(f"{HOST}:{mqtt_port}")),
    )
    path = folder / FILE
    path.touch(mode=PRIVATE)
    path.chmod(PRIVATE)
    path.write_text(text)
    return path


def _quoted(text: str) -> str:
    """A string of the configuration's language; JSON's quoting is a part of it."""
    return json.encode(text).decode()
