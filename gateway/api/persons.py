"""Persons: export and erasure of one. With a right of their own: the privacy token.

The operator token does not reach here, and the privacy token reads beside this only who did what.
"""

from collections.abc import AsyncIterator

import msgspec
from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from actors.keyring import Erasure
from gateway.api.context import Context, Key, Kind
from gateway.api.errors import Conflict, NotFound
from gateway.api.models import Problem
from gateway.api.needs import Privacy
from gateway.certifying import Certifier
from twins.kind import kind_of

LINES = "application/x-ndjson"

router = APIRouter(
    prefix="/v1/persons",
    tags=["persons"],
    responses={status: {"model": Problem} for status in (401, 404, 409, 503, 504)},
)

_encode = msgspec.json.Encoder().encode


class Certificate(BaseModel):
    """What was erased, when, and how it can be checked."""

    model_config = ConfigDict(use_attribute_docstrings=True, from_attributes=True)

    id: str
    person: str
    begun: float
    """Seconds since the epoch."""
    done: float | None
    """Null: it is under way; after a crash it goes on by itself."""
    key_ids: list[int]
    """Of the keys that were thrown away."""
    twins: dict[str, list[int]]
    """Twin -> partition and log position at which its state was erased."""
    heads: dict[int, int]
    """Partition -> position of the checkpoint that no replay begins before."""
    letters: int
    """Dead letters that were deleted."""
    signed_by: str = ""
    """Public key (Ed25519, hex) of the cluster."""
    signature: str = ""
    """By it, over all else; see `gateway.certifying`."""

    @classmethod
    def of(cls, erasure: Erasure, shared: Context) -> "Certificate":
        """The certificate of an erasure, signed."""
        unsigned = cls.model_validate(erasure).model_dump(
            mode="json", exclude={"signed_by", "signature"}
        )
        return cls.model_validate(Certifier(shared.keys.device_key).sign(unsigned))


class Signer(BaseModel):
    """Who signs certificates."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    key: str
    """Public key (Ed25519, hex)."""


@router.get("/signer")
async def get_signer(shared: Privacy) -> Signer:
    """What this cluster's certificates are checked with; keep it apart from the cluster."""
    return Signer(key=Certifier(shared.keys.device_key).public)


@router.get("/{kind}/{key}/export", response_class=StreamingResponse)
async def export_person(kind: Kind, key: Key, shared: Privacy) -> StreamingResponse:
    """All that is held of a person, as JSON lines: her twins, and their events."""
    person = _person(kind, key)

    async def lines() -> AsyncIterator[bytes]:
        async for item in shared.services.export(person):
            yield _encode(item) + b"\n"

    return StreamingResponse(lines(), media_type=LINES)


@router.post("/{kind}/{key}/erase")
async def erase_person(kind: Kind, key: Key, shared: Privacy) -> Certificate:
    """Erase a person for good; repeat it after an error, and it goes on where it was."""
    person = _person(kind, key)
    await _check_open(shared, person)
    return Certificate.of(await shared.services.erase(person), shared)


@router.get("/{kind}/{key}/erasures")
async def get_erasures(kind: Kind, key: Key, shared: Privacy) -> list[Certificate]:
    """The erasures of a person, oldest first."""
    found = await shared.services.erasures(_person(kind, key))
    return [Certificate.of(one, shared) for one in found]


def _person(kind: str, key: str) -> str:
    if kind_of(kind).personal != "id":
        raise NotFound(
            f"{kind} is no kind of persons: whose a {kind} is, is exported and erased with her",
            twin_id=f"{kind}/{key}",
        )
    return f"{kind}/{key}"


async def _check_open(shared: Context, person: str) -> None:
    """Raise `Conflict` while something is arranged for her: its holds have to be given back.

    Also while she is known under another name, too, whose twin would keep what this one told it.
    """
    state = (await shared.services.state(person)).state
    others = [state.get("merged_into"), *(state.get("absorbed") or ())]
    names = ", ".join(str(other) for other in others if other is not None)
    if names:
        raise Conflict(
            f"{person} is one person with {names}; take the merge back (`merge.undone` to the one "
            "that was merged into the other), and erase both",
            twin_id=person,
        )
    arrangements = state.get("arrangements") or {}
    busy = [name for name, one in arrangements.items() if one.get("open")]
    if busy:
        raise Conflict(
            f"{person} has an arrangement under way ({', '.join(busy)}); end it or cancel it, "
            "so that nothing stays booked for nobody, and erase her then",
            twin_id=person,
        )
