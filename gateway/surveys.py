"""Survey links: what a customer says by them is how satisfied she is. Signed, and they expire.

    <base64url of MessagePack [customer, about, until]>.<base64url of MAC>

Whoever has it may answer once, and see nothing; each link's answers have the same event id, so the
first counts.
"""

import math

import msgspec
from msgspec import Struct, msgpack

from gateway.links import BadLink, sign_link, verify_link
from twins.errors import BadTwinId
from twins.ids import digest, split

_PURPOSE = "vigil.survey.1"


class SurveyLink(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a link stands for."""

    customer: str
    """Twin id."""
    about: str
    """Id of the arrangement after which she is asked."""
    until: float
    """Until then she may answer; seconds since the epoch."""

    @property
    def answer_id(self) -> str:
        """Event id of the answer: the same for every tap on the same link."""
        return f"survey-{digest(self.customer, self.about, repr(self.until))}"


_decode = msgpack.Decoder(SurveyLink).decode


def sign_survey(key: bytes, customer: str, about: str, until: float) -> str:
    """The token of a link; raises `BadTwinId`, and `ValueError` for a key that is too short."""
    split(customer)
    return sign_link(key, _PURPOSE, msgpack.encode(SurveyLink(customer, about, float(until))))


def verify_survey(key: bytes, token: str) -> SurveyLink:
    """What a token stands for, also after its time; raises `BadLink`."""
    other = "the link was made by another version; answer another way"
    try:
        link = _decode(verify_link(key, _PURPOSE, token))
        split(link.customer)
    except (msgspec.DecodeError, BadTwinId) as error:
        raise BadLink(other) from error
    if not math.isfinite(link.until):
        raise BadLink(other)
    return link
