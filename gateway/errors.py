"""Errors of the gateway.

GatewayError
├── Refused           the sender's fault, or not now: a message was not taken; has code and reason
├── BadToken          the client's fault: the device token does not belong to the user name
├── BadSecrets        the operator's fault: the file of secrets is damaged or open to others
├── ServerFailed      outside: the NATS server does not start, or ended; its last words are named
├── MappingDiffers    the operator's fault: server and gateway compute different partitions
└── CommandRefused    the device's own word: it will not do what a command asks

A `Refused` goes back to the device as a JetStream error reply. Codes follow HTTP's classes:

| reason | code | err_code | what the sender should do |
|---|---|---|---|
| `bad_data` | 400 | 20001 | mend it; it will never be taken |
| `bad_id` | 400 | 20002 | the subject names no twin; the same |
| `unknown_kind`, `unknown_type` | 404 | 20003, 20004 | the same |
| `forbidden` | 403 | 20005 | this type is not for devices; the same |
| `too_large` | 413 | 20006 | send less at once; the same |
| `clock_ahead` | 400 | 20007 | set the device's clock; the same |
| `wrong_partition` | 400 | 20008 | publish to `devices.<kind>.<key>.<type>`; the same |
| `gap` | 409 | 20101 | send again from `base` |
| `rate` | 429 | 20102 | send again later |
| `overloaded`, `full`, `moved` | 503 | 20103, 20104, 20105 | the same |
"""

from enum import StrEnum
from typing import Final

import msgspec


class Reason(StrEnum):
    """Why a message was not taken."""

    BAD_DATA = "bad_data"
    BAD_ID = "bad_id"
    UNKNOWN_KIND = "unknown_kind"
    UNKNOWN_TYPE = "unknown_type"
    FORBIDDEN = "forbidden"
    TOO_LARGE = "too_large"
    CLOCK_AHEAD = "clock_ahead"
    WRONG_PARTITION = "wrong_partition"
    GAP = "gap"
    RATE = "rate"
    OVERLOADED = "overloaded"
    FULL = "full"
    MOVED = "moved"


CODES: Final[dict[Reason, tuple[int, int]]] = {
    Reason.BAD_DATA: (400, 20001),
    Reason.BAD_ID: (400, 20002),
    Reason.UNKNOWN_KIND: (404, 20003),
    Reason.UNKNOWN_TYPE: (404, 20004),
    Reason.FORBIDDEN: (403, 20005),
    Reason.TOO_LARGE: (413, 20006),
    Reason.CLOCK_AHEAD: (400, 20007),
    Reason.WRONG_PARTITION: (400, 20008),
    Reason.GAP: (409, 20101),
    Reason.RATE: (429, 20102),
    Reason.OVERLOADED: (503, 20103),
    Reason.FULL: (503, 20104),
    Reason.MOVED: (503, 20105),
}
"""Reason -> (code, err_code) of the JetStream error reply."""

_NOT_NOW = {Reason.GAP, Reason.RATE, Reason.OVERLOADED, Reason.FULL, Reason.MOVED}


class GatewayError(Exception):
    """Base of everything that the gateway raises on purpose."""


class Refused(GatewayError):
    """A message was not taken.

    Args:
        reason: Why; it decides `code` and `err_code`.
        description: For the device's maker: what is wrong and what to do.
    """

    def __init__(self, reason: Reason, description: str) -> None:
        super().__init__(description)
        self.reason = reason
        self.code, self.err_code = CODES[reason]
        self.description = description

    @property
    def final(self) -> bool:
        """Whether sending the same message again cannot help."""
        return self.reason not in _NOT_NOW

    def reply(self) -> bytes:
        """The JetStream error reply, JSON."""
        return msgspec.json.encode(
            {
                "error": {
                    "code": self.code,
                    "err_code": self.err_code,
                    "description": self.description,
                }
            }
        )


class BadToken(GatewayError):
    """Who signs in does not hold the token of the name it gives."""


class BadSecrets(GatewayError):
    """The file of secrets is damaged, incomplete, or readable by other users."""


class ServerFailed(GatewayError):
    """The NATS server did not become ready in time, or ended while it should run."""


class MappingDiffers(GatewayError):
    """The server maps a device to another partition than this gateway computes."""


class CommandRefused(GatewayError):
    """A device's command handler raises this when it will not do what is asked."""
