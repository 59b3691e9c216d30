"""Calling: who it is that calls or writes, before the first word.

By what a customer can be reached at she has claimed; so an address leads to her twin without a
table of all of them (`twins.people.identity`).
"""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query

from gateway.api.case_finding import PROBLEMS, desk_of, desks, viewed
from gateway.api.errors import Invalid, NotFound
from gateway.api.needs import Serves
from gateway.api.rules import state_of
from gateway.case_views import KnownPerson
from twins.people.identity import Identity, email_id, phone_id

router = APIRouter(prefix="/v1/people", tags=["cases"], responses=PROBLEMS)

Address = Annotated[
    str,
    Query(
        min_length=3, max_length=320,
        description="An e-mail address, or a telephone number with its country's code: +358…",
    ),
]  # fmt: skip
Country = Annotated[
    str | None,
    Query(pattern=r"^[A-Z]{2}$", description="Where a number without a country's code is one."),
]


@router.get("")
async def find_person(address: Address, shared: Serves, country: Country = None) -> KnownPerson:
    """Find out whose an address is, and what of hers is open."""
    identity = email_id(address) if "@" in address else phone_id(address, country)
    if identity is None:
        raise Invalid(
            f"{address!r} is neither an e-mail address nor a telephone number with its country's "
            "code, +358 40 123 4567 say; or name its `country`"
        )
    held = await state_of(shared, identity)
    whose = msgspec.convert(held.state, Identity, strict=False) if held.exists else None
    if whose is None or whose.customer is None:
        raise NotFound(
            f"no customer can be reached at {address}; search by name, or configure her channels",
            twin_id=identity,
        )
    person: dict[str, Any] = (await state_of(shared, whose.customer)).state
    customer_id = person.get("merged_into") or whose.customer
    if customer_id != whose.customer:
        person = (await state_of(shared, customer_id)).state
    mine = {customer_id, *whose.customers}
    found = [
        (id_, case)
        for id_ in await desks(shared, None)
        for case in (await desk_of(shared, id_)).cases.values()
        if case.state != "closed" and case.person in mine
    ]
    return KnownPerson(
        customer_id=customer_id, name=person.get("name", ""),
        language=person.get("language", "en"), currency=person.get("currency", "EUR"),
        value_cents=person.get("lifetime_value_cents", 0),
        devices=sorted(person.get("devices") or {}), cases=await viewed(shared, found),
        also=[one for one in whose.customers if one != customer_id],
    )  # fmt: skip
