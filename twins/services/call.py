"""Call: who asked a company for what, as the business key of an effect says it."""

from msgspec import Struct

from twins.services.messages import Request


class Call(Struct):
    """What a business key says."""

    asker: str
    arrangement_id: str
    leg: str
    round: int
    hold_id: str | None


def key_of(request: Request) -> str:
    """The business key of a request; its outcome brings it back."""
    return (
        f"{request.asker} {request.arrangement_id} {request.leg} {request.round} "
        f"{request.hold_id or '-'}"
    )


def call_of(key: str) -> Call:
    """What `key_of` made a key of."""
    asker, arrangement_id, leg, round_, hold_id = key.split(" ")
    return Call(asker, arrangement_id, leg, int(round_), None if hold_id == "-" else hold_id)
