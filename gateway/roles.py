"""Roles: who may do what. This table is the only place that says so.

Each call of the API declares one need (`gateway.api.needs`); each person and each program has
roles. The call goes through when one of the roles has the need.

| need | read-only | employee | rule-author | operator | administrator | privacy-officer |
|---|---|---|---|---|---|---|
| `read` | yes | yes | yes | yes | yes | |
| `serve` | | yes | | yes | yes | |
| `author` | | | yes | | yes | |
| `operate` | | | | yes | yes | |
| `audit` | | | | yes | yes | yes |
| `administer` | | | | | yes | |
| `privacy` | | | | | | yes |

The rest of the needs are met by what a request carries, not by a role: `MET_BY` says how.
"""

from collections.abc import Iterable
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Need(StrEnum):
    """What a call demands of whoever makes it."""

    READ = "read"
    """Look at twins, rules, policies, cases, arrangements and the cluster."""
    SERVE = "serve"
    """Work for a customer: decide cases, undo what was arranged."""
    AUTHOR = "author"
    """Draft, try, approve and publish rules."""
    OPERATE = "operate"
    """Command and change twins, let parked ones go on, set and stop policies."""
    AUDIT = "audit"
    """Read who did what."""
    ADMINISTER = "administer"
    """Give and take access."""
    PRIVACY = "privacy"
    """Export and erase persons."""

    ANYBODY = "anybody"
    DEVICE = "device"
    LINK = "link"
    SIGNATURE = "signature"
    VISITOR = "visitor"
    SIGNED_IN = "signed-in"


class Role(StrEnum):
    """What somebody is to this cluster."""

    READ_ONLY = "read-only"
    EMPLOYEE = "employee"
    RULE_AUTHOR = "rule-author"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"
    PRIVACY_OFFICER = "privacy-officer"


MAY: Final = MappingProxyType({
    Role.READ_ONLY: frozenset({Need.READ}),
    Role.EMPLOYEE: frozenset({Need.READ, Need.SERVE}),
    Role.RULE_AUTHOR: frozenset({Need.READ, Need.AUTHOR}),
    Role.OPERATOR: frozenset({Need.READ, Need.SERVE, Need.OPERATE, Need.AUDIT}),
    Role.ADMINISTRATOR: frozenset({
        Need.READ, Need.SERVE, Need.AUTHOR, Need.OPERATE, Need.AUDIT, Need.ADMINISTER,
    }),
    # Apart from all others: who runs the cluster can't erase a person, who erases can't run it.
    Role.PRIVACY_OFFICER: frozenset({Need.AUDIT, Need.PRIVACY}),
})  # fmt: skip
"""Role -> needs that it meets."""

MET_BY: Final = MappingProxyType(
    {
        Need.ANYBODY: "nothing: it tells what everybody may know",
        Need.DEVICE: "a device's user and token",
        Need.LINK: "the signed link itself",
        Need.SIGNATURE: "a signature under the body, or the secret agreed with the channel",
        Need.VISITOR: "a page of an allowed origin, and the visitor's consent",
        Need.SIGNED_IN: "any role, or a token that is exchanged for one",
    }
)
"""Need that no role meets -> what does."""

KINDS: Final = MappingProxyType({
    "rulebook": Need.AUTHOR,
    "policy": Need.OPERATE,
    "engagement": Need.OPERATE,
})  # fmt: skip
"""Kinds with calls of their own -> what those need; general calls on twins reach no further."""


def needs_of(roles: Iterable[Role]) -> frozenset[Need]:
    """All needs that these roles meet together."""
    return frozenset(need for role in roles for need in MAY[role])


def roles_with(need: Need) -> list[Role]:
    """The roles that meet a need, in the order of `Role`; none for those of `MET_BY`."""
    return [role for role in Role if need in MAY[role]]
