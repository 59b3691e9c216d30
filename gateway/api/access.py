"""Access: who may call what.

| who | how | what |
|---|---|---|
| operator | `Authorization: Bearer <operator token>` | all of `/v1`, in Vigil's own name |
| privacy officer | `Authorization: Bearer <privacy token>` | `/v1/persons`, nothing else |
| device | `Authorization: Basic <user:token>` or `Bearer <user>:<token>` | `POST /v1/events` |
| customer | the signed link itself | one offer |

A device's user is its twin id, `vehicle/v17`; one of a whole kind, `vehicle/*`, is for gateways and
load generators. The token is that of `gateway.auth.device_token`, the same as for NATS and MQTT.
"""

import hmac
import re
from base64 import b64decode
from binascii import Error as Base64Error

from fastapi import Request
from msgspec import Struct

from gateway.api.errors import Forbidden, Unauthenticated
from gateway.auth import device_token
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


def check_operator(keys: Keys, request: Request) -> None:
    """Raise `Unauthenticated` unless the request carries the operator's token."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not _equal(given.strip(), keys.operator_token):
        raise Unauthenticated(
            "this call is for operators: send `Authorization: Bearer <operator token>`; "
            "`vigil status` shows where the token lies"
        )


def check_privacy(keys: Keys, request: Request) -> None:
    """Raise `Unauthenticated` unless the request carries the privacy token."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    wanted = keys.privacy_token
    if scheme.lower() != "bearer" or not wanted or not _equal(given.strip(), wanted):
        raise Unauthenticated(
            "exporting and erasing persons has a right of its own: send `Authorization: Bearer "
            "<privacy token>`; it stands in the node's run file"
        )


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
            "base64, or `Bearer user:token`"
        )
    return Device(user)


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
