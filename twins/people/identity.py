"""Identity: an e-mail address or a telephone number, and whose it is.

Customers claim those that they can be reached by; visitors are linked to those by which they have
signed in. So a visitor is found to be a customer, without a table of all of them. An identity's key
is a hash of what it stands for, and nothing else of that is kept here.
"""

from hashlib import blake2b
from typing import ClassVar
from unicodedata import normalize

import phonenumbers
from msgspec import Struct, field

from twins.handler import told
from twins.ids import CustomerId, TwinId
from twins.twin import Twin

MAX_VISITORS = 64
"""So many browsers of one person are told whose they are; the ones linked longest ago leave."""

MAX_CLAIMS = 16


def email_id(text: str) -> str | None:
    """The identity of an e-mail address; None if it is none."""
    address = normalize("NFC", text.strip())
    local, at, domain = address.rpartition("@")
    if not at or not local or "." not in domain or any(each.isspace() for each in address):
        return None
    # Providers tell no letter's case apart, whatever RFC 5321 allows them.
    return _id("email", f"{local.casefold()}@{domain.casefold()}")


def e164(text: str, country: str | None = None) -> str | None:
    """A telephone number as the world writes it, `+358401234567`; None if it is none.

    Args:
        text: As somebody wrote it.
        country: Where a number without `+` and country code is one (ISO 3166, `FI`).
    """
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phone_id(text: str, country: str | None = None) -> str | None:
    """The identity of a telephone number, as `e164` takes it; None if it is none."""
    number = e164(text, country)
    return None if number is None else _id("phone", number)


def _id(sort: str, text: str) -> str:
    # 128 bits: of billions of addresses no two may ever be taken for one.
    return f"identity/{blake2b(f'{sort}:{text}'.encode(), digest_size=16).hexdigest()}"


class Claim(Struct, kw_only=True):
    """A customer can be reached by it, or no more: `identity.claimed`, `identity.released`."""

    customer: CustomerId


class Link(Struct, kw_only=True):
    """A visitor has signed in by it, or that was wrong: `identity.linked`, `identity.unlinked`."""

    visitor: TwinId


class Resolved(Struct, kw_only=True, omit_defaults=True):
    """Tells a visitor whose an identity is: `visitor.resolved`."""

    identity: TwinId
    customer: CustomerId | None = None


class Identity(Twin, kind="identity"):
    """One address or number. It is whose who claimed it first and still does."""

    personal: ClassVar[str | None] = "customer"

    customer: CustomerId | None = None
    """Whose it is."""
    customers: list[str] = field(default_factory=list)
    """Who claims it, in order; more than one are perhaps one person under two names."""
    visitors: list[str] = field(default_factory=list)

    @told("identity.claimed")
    def claimed(self, claim: Claim) -> None:
        """A customer can be reached by it."""
        if claim.customer not in self.customers and len(self.customers) < MAX_CLAIMS:
            self.customers.append(claim.customer)
        self._belongs()

    @told("identity.released")
    def released(self, claim: Claim) -> None:
        """A customer cannot be reached by it any more."""
        self.customers = [one for one in self.customers if one != claim.customer]
        self._belongs()

    def _belongs(self) -> None:
        customer = self.customers[0] if self.customers else None
        if customer != self.customer:
            self.customer = customer
            for visitor in self.visitors:
                self._tell(visitor)

    @told("identity.linked")
    def linked(self, link: Link) -> None:
        """A visitor has signed in by it."""
        if link.visitor in self.visitors:
            self.visitors.remove(link.visitor)
        self.visitors.append(link.visitor)
        del self.visitors[:-MAX_VISITORS]
        self._tell(link.visitor)

    @told("identity.unlinked")
    def unlinked(self, link: Link) -> None:
        """It was somebody else."""
        self.visitors = [one for one in self.visitors if one != link.visitor]

    def _tell(self, visitor: str) -> None:
        self.tell(visitor, "visitor.resolved", Resolved(identity=self.id, customer=self.customer))
