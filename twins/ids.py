"""Ids of twins, and the partition that each belongs to."""

import re
from hashlib import blake2b
from typing import Annotated

from msgspec import Meta

from twins.errors import BadTwinId

PARTITION = "partition"
"""The kind of `partition/<p>`, which lives in partition p and says what the rules are there."""

EVERY_PARTITION = f"{PARTITION}/*"
"""To whom a twin tells what all partitions must hear, each at one position of its log."""

PART = r"[A-Za-z0-9_-]{1,64}"
_ID = re.compile(rf"({PART})/({PART})")

TwinId = Annotated[str, Meta(pattern=rf"^{PART}/{PART}$")]
"""`kind/key`; both parts of `[A-Za-z0-9_-]`, at most 64 characters each."""

# Links: ids that name a twin of one kind. `extra` lets tools walk them.
CustomerId = Annotated[str, Meta(pattern=rf"^customer/{PART}$", extra={"link": "customer"})]
VehicleId = Annotated[str, Meta(pattern=rf"^vehicle/{PART}$", extra={"link": "vehicle"})]
DealerId = Annotated[str, Meta(pattern=rf"^dealer/{PART}$", extra={"link": "dealer"})]
DepotId = Annotated[str, Meta(pattern=rf"^rental_depot/{PART}$", extra={"link": "rental_depot"})]
TowId = Annotated[str, Meta(pattern=rf"^tow_operator/{PART}$", extra={"link": "tow_operator"})]
RideId = Annotated[str, Meta(pattern=rf"^ride_company/{PART}$", extra={"link": "ride_company"})]
InsurerId = Annotated[str, Meta(pattern=rf"^insurer/{PART}$", extra={"link": "insurer"})]
EmployeeId = Annotated[str, Meta(pattern=rf"^employee/{PART}$", extra={"link": "employee"})]
DeskId = Annotated[str, Meta(pattern=rf"^desk/{PART}$", extra={"link": "desk"})]


def split(twin_id: str) -> tuple[str, str]:
    """Return (kind, key), or raise `BadTwinId`."""
    match = _ID.fullmatch(twin_id)
    if match is None:
        raise BadTwinId(
            f"{twin_id!r} is no twin id; write kind/key, for example vehicle/v17, "
            "each part 1 to 64 of A-Z a-z 0-9 _ -"
        )
    return match[1], match[2]


def partition_of(twin_id: str, partitions: int) -> int:
    """The partition of a twin: FNV-1a (32 bit) of kind and key without separator, modulo P.

    It must equal what the NATS server computes for `{{partition(P,1,2)}}`, so that a twin
    reached by device message and one reached by API are the same twin in the same order.
    `partition/<p>` is in p, whatever its hash; devices have nothing to say to it.
    """
    kind, _, key = twin_id.partition("/")
    if kind == PARTITION and key.isdecimal():
        return int(key) % partitions
    value = 0x811C9DC5
    for byte in twin_id.replace("/", "", 1).encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value % partitions


def digest(*parts: str) -> str:
    """A constant 16-digit id made of its parts (BLAKE2b, 64 bit)."""
    return blake2b("\x1f".join(parts).encode(), digest_size=8).hexdigest()
