"""Auth: who a device is, and what it may do. The server asks the gateways (auth callout).

A device signs in with its twin id as user name and `device_token` as password, by NATS and by MQTT
alike. A user `vehicle/*` stands for all vehicles at once: for fleets behind one connection.

| user | may publish to | may subscribe to |
|---|---|---|
| `vehicle/v17` | `devices.vehicle.v17.>` | `commands.vehicle.v17.>`, `devices.vehicle.v17.errors`, `_INBOX.vehicle.v17.>` |
| `vehicle/*` | `devices.vehicle.*.>` | `commands.vehicle.>`, `devices.vehicle.*.errors`, `_INBOX.vehicle.fleet.>` |

The server maps `devices.…` to `ingest.<partition>.…` before it looks at permissions; so what is
granted is the mapped subject, with the device's own partition. Publishing there directly is the
same as publishing to `devices.…`. A fleet may name a wrong partition; the gateway refuses that.
"""  # noqa: E501 - a table's rows are not broken

import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import msgspec
import nkeys
import structlog
from msgspec import Struct
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from gateway.errors import BadToken
from gateway.secrets import Secrets
from twins.errors import BadTwinId
from twins.ids import partition_of, split

logger = structlog.get_logger(__name__)

ACCOUNT = "VIGIL"
"""The NATS account that all of this tenant lives in."""

SUBJECT = "$SYS.REQ.USER.AUTH"
QUEUE = "auth"
"""Every gateway answers; the server needs one answer."""

FLEET = "fleet"
"""No device may be called so: the inbox of a kind's fleet has this name."""

MAX_SUBSCRIPTIONS = 64
"""Of one device; each subscription of an MQTT session at QoS 1 costs the server a consumer."""


ANSWER_S = 5
"""How long a device may answer a command's reply subject, in seconds."""


def device_token(device_key: bytes, user: str) -> str:
    """The password of a device (`vehicle/v17`) or of all devices of a kind (`vehicle/*`).

    HMAC-SHA-256 of the user name under the cluster's device key, base64url without padding.
    """
    mac = hmac.digest(device_key, user.encode(), "sha256")
    return _base64(mac)


class Asked(Struct):
    """Who wants to sign in, as the server describes it."""

    user_nkey: str
    """The server's name for this connection; the answer is for it alone."""
    server_id: str
    user: str
    password: str
    mqtt_id: str | None
    """Client id of an MQTT session."""


class Grant(Struct, frozen=True):
    """What a user may do."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def grant(user: str, partitions: int) -> Grant:
    """What the device or fleet of this name may do; `BadToken` when it is no name of either."""
    kind, _, key = user.partition("/")
    try:
        split(f"{kind}/any" if key == "*" else user)
    except BadTwinId as error:
        raise BadToken(f"{user!r} is neither a twin id nor <kind>/*") from error
    if key == FLEET:
        raise BadToken(f"{user!r} is reserved; give the device another key")
    whole = key == "*"
    partition = "*" if whole else partition_of(user, partitions)
    # MQTT's `commands/vehicle/v17/#` covers the level above, too.
    commands = (
        (f"commands.{kind}.>",) if whole else (f"commands.{kind}.{key}", f"commands.{kind}.{key}.>")
    )
    return Grant(
        publish=(f"ingest.{partition}.{kind}.{key}.>",),
        subscribe=(
            *commands,
            f"devices.{kind}.{key}.errors",
            f"_INBOX.{kind}.{FLEET if whole else key}.>",
        ),
    )


class Authenticator:
    """Answers the server's questions. Pure but for the clock in its tokens' `iat`."""

    def __init__(self, secrets: Secrets, partitions: int) -> None:
        self._device_key = secrets.device_key
        self._keys = nkeys.from_seed(bytearray(secrets.issuer_seed.encode()))
        self.issuer = self._keys.public_key.decode().rstrip("=")
        """Public key that the server's configuration names."""
        self._partitions = partitions

    def answer(self, question: bytes) -> bytes:
        """The signed answer to one authorization request, both JWTs.

        Whoever may not sign in gets an answer with an error. Raises `msgspec.DecodeError` or
        `ValueError` for what is no question of a server.
        """
        asked = read(question)
        try:
            allowed = self.check(asked)
        except BadToken as error:
            logger.info("refused to sign in", user=asked.user[:128], why=str(error))
            return self._sign(asked, asked.server_id, "authorization_response", error=str(error))
        user = self._sign(
            asked,
            ACCOUNT,
            "user",
            pub={"allow": list(allowed.publish)},
            sub={"allow": list(allowed.subscribe)},
            # Commands come as requests; their reply subject is open to the device for a moment.
            resp={"max": 1, "ttl": ANSWER_S * 10**9},
            subs=MAX_SUBSCRIPTIONS,
            data=-1,
            payload=-1,
        )
        return self._sign(asked, asked.server_id, "authorization_response", jwt=user.decode())

    def check(self, asked: Asked) -> Grant:
        """What who asks may do; raises `BadToken`."""
        # The comparison is made for every name, known or not, and takes as long for each.
        expected = device_token(self._device_key, asked.user).encode()
        if not hmac.compare_digest(asked.password.encode("utf-8", "replace"), expected):
            raise BadToken(f"the password is not the device token of {asked.user[:128]!r}")
        if asked.mqtt_id is not None and asked.mqtt_id != asked.user:
            # An MQTT session belongs to whoever names it: only its own device may.
            raise BadToken(f"the MQTT client id must be the user name, {asked.user!r}")
        return grant(asked.user, self._partitions)

    def _sign(self, asked: Asked, audience: str, kind: str, **claims: Any) -> bytes:
        body = {
            "iss": self.issuer,
            "sub": asked.user_nkey,
            "aud": audience,
            "iat": int(time.time()),
            "name": asked.user,
            "nats": {"type": kind, "version": 2, **claims},
        }
        head = _base64(b'{"typ":"JWT","alg":"ed25519-nkey"}')
        signed = f"{head}.{_base64(msgspec.json.encode(body))}".encode()
        return signed + b"." + _base64(self._keys.sign(signed)).encode()


class _Server(Struct):
    id: str


class _Client(Struct):
    mqtt_id: str | None = None


class _Options(Struct):
    user: str = ""
    password: str = msgspec.field(default="", name="pass")


class _Request(Struct):
    user_nkey: str
    server_id: _Server
    client_info: _Client
    connect_opts: _Options


class _Claims(Struct):
    nats: _Request


_decode = msgspec.json.Decoder(_Claims).decode


def read(question: bytes) -> Asked:
    """Read the server's JWT.

    Its signature proves nothing that matters: only the server can publish on `SUBJECT`, and only
    the connection that it names can use the answer.
    """
    parts = question.split(b".")
    if len(parts) != 3:  # noqa: PLR2004 - head, body and signature of a JWT
        raise ValueError("not a JWT")
    request = _decode(urlsafe_b64decode(parts[1] + b"=" * (-len(parts[1]) % 4))).nats
    return Asked(
        user_nkey=request.user_nkey,
        server_id=request.server_id.id,
        user=request.connect_opts.user,
        password=request.connect_opts.password,
        mqtt_id=request.client_info.mqtt_id,
    )


class AuthService:
    """Serves the auth callout on one connection."""

    def __init__(self, client: Client, authenticator: Authenticator) -> None:
        self._client = client
        self._authenticator = authenticator
        self._subscription: Subscription | None = None
        self.answered = 0

    async def start(self) -> None:
        """Begin to answer, together with all other gateways."""
        if self._subscription is None:
            self._subscription = await self._client.subscribe(SUBJECT, queue=QUEUE, cb=self._take)
        # The client's ping may overtake the subscription; the second one cannot.
        await self._client.flush()
        await self._client.flush()

    async def stop(self) -> None:
        """Answer nothing more."""
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            await subscription.drain()  # type: ignore[no-untyped-call]  # nats-py has no types here

    async def _take(self, message: Msg) -> None:
        try:
            answer = self._authenticator.answer(message.data)
        except (msgspec.DecodeError, ValueError):
            # Nobody is let in by silence.
            logger.exception("cannot read the server's question")
            return
        await self._client.publish(message.reply, answer)
        self.answered += 1


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
