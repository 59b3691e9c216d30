"""Access: who calls, by what the request carries.

| who | how |
|---|---|
| whoever has the data folder | `Authorization: Bearer <operator token>`: administrator |
| privacy officer | `Authorization: Bearer <privacy token>` |
| device | `Authorization: Basic <user:token>` or `Bearer <user>:<token>` |
| customer | the signed link itself |

A device's user is its twin id, `vehicle/v17`; one of a whole kind, `vehicle/*`, is for gateways and
load generators. The token is that of `gateway.auth.device_token`, the same as for NATS and MQTT.
What a caller may do, `gateway.roles` says; what a call needs, its route (`gateway.api.needs`).
"""

import hmac
import re
from base64 import b64decode
from binascii import Error as Base64Error

from fastapi import Request
from msgspec import Struct

from gateway.api.errors import Forbidden, Unauthenticated
from gateway.auth import device_token
from gateway.roles import Need, Role, needs_of, roles_with
from twins.ids import PART

_USER = re.compile(rf"({PART})/({PART}|\*)")


class Keys(Struct, frozen=True):
    """The secrets that the API checks against."""

    operator_token: str
    device_key: bytes
    offer_key: bytes
    privacy_token: str = ""
    """Empty: nobody may export or erase."""

    def __repr__(self) -> str:
        """Secrets do not belong into logs."""
        return "Keys(…)"


class Caller(Struct, frozen=True):
    """Who makes a call."""

    name: str
    """As others know her: it stands in what she signs, and in the activity log."""
    roles: frozenset[Role]
    via: str
    """How she was recognised: `node`, `token`, `session`, `jwt`."""
    id: str = ""
    """Of her credential, where there is one."""
    named: bool = True
    """Whether the name is proven. The node's own tokens have none: whoever holds one says hers."""

    @property
    def needs(self) -> frozenset[Need]:
        """All that she may do."""
        return needs_of(self.roles)

    def sign(self, given: str) -> str:
        """The name under what she does: her own, where she has one; what she gave, otherwise."""
        return self.name if self.named else given


class Device(Struct, frozen=True):
    """Who sends events."""

    user: str

    def may_send_for(self, twin_id: str) -> bool:
        """Whether its token reaches this twin."""
        return self.user == twin_id or self.user == f"{twin_id.partition('/')[0]}/*"

    def check(self, twin_id: str) -> None:
        """Raise `Forbidden` unless its token reaches this twin."""
        if not self.may_send_for(twin_id):
            raise Forbidden(f"{self.user} may not send for {twin_id}", twin_id=twin_id)


def bearer_of(request: Request) -> str | None:
    """What an `Authorization: Bearer` carries; None without one."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else None


def caller_of(keys: Keys, request: Request) -> Caller | None:
    """Who calls; None where the request carries nothing that proves anybody."""
    given = bearer_of(request)
    return None if given is None else caller_with(keys, given)


def caller_with(keys: Keys, given: str) -> Caller | None:
    """Whoever has one of the node's own tokens; None: it is none of them."""
    # Both are compared, whatever the first one says, so that time tells nothing.
    operator = _equal(given, keys.operator_token)
    privacy = _equal(given, keys.privacy_token) and bool(keys.privacy_token)
    if operator:
        return Caller("administrator", frozenset({Role.ADMINISTRATOR}), "node", named=False)
    if privacy:
        return Caller("privacy officer", frozenset({Role.PRIVACY_OFFICER}), "node", named=False)
    return None


def check(caller: Caller | None, need: Need) -> Caller:
    """The caller, where one of her roles has the need.

    Raises:
        Unauthenticated: Nobody is proven.
        Forbidden: None of her roles suffices; the problem says which would.
    """
    roles = [str(role) for role in roles_with(need)]
    wanted = f"this call needs `{need}`: the role {' or '.join(roles)}"
    if caller is None:
        raise Unauthenticated(
            f"{wanted}; sign in, or send `Authorization: Bearer <token>`. `vigil token create` "
            "makes tokens; those of the node itself stand in its run file",
            need=str(need),
            roles=roles,
        )
    if need not in caller.needs:
        held = ", ".join(sorted(caller.roles)) or "none"
        raise Forbidden(
            f"{wanted}; {caller.name} has {held}. An administrator gives roles",
            need=str(need),
            roles=roles,
        )
    return caller


def device_of(keys: Keys, request: Request) -> Device:
    """Who sends; raises `Unauthenticated`."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    given = given.strip()
    if scheme.lower() == "basic":
        try:
            given = b64decode(given, validate=True).decode()
        except (Base64Error, ValueError):
            given = ""
    elif scheme.lower() != "bearer":
        given = ""
    user, _, token = given.partition(":")
    # The comparison is made for every user, known or not, and takes as long for each.
    if not _equal(token, device_token(keys.device_key, user)) or not _USER.fullmatch(user):
        raise Unauthenticated(
            "events need the device's user and token: `Authorization: Basic` with user:token in "
            "base64, or `Bearer user:token`",
            need=str(Need.DEVICE),
        )
    return Device(user)


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
