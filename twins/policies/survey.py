"""Survey: whom a policy follows is asked how satisfied she is, treated and held out alike."""

from collections.abc import Mapping
from typing import Final

from twins.ids import TwinId, digest
from twins.people.messages import MessageRequest, Survey, Words
from twins.policies.outcomes import HELD_OUT, TREATED, Followed

NAME: Final = "survey"

TEXTS: Final = {
    "en": Words(
        subject="How satisfied are you?",
        text="One tap tells us how satisfied you are with how things went for you lately.",
    ),
    "de": Words(
        subject="Wie zufrieden sind Sie?",
        text="Ein Tipp sagt uns, wie zufrieden Sie damit sind, wie es Ihnen zuletzt ergangen ist.",
    ),
    "fi": Words(
        subject="Kuinka tyytyväinen olet?",
        text="Yhdellä napautuksella kerrot, kuinka tyytyväinen olet viimeaikaisiin asioihisi.",
    ),
}
"""The same for all: who was held out must not read from it that something was."""


def to_ask(followed: Mapping[str, Followed], after_s: float) -> dict[str, float]:
    """Arrangements whose customers are still to be asked -> when."""
    return {
        id_: one.at + after_s
        for id_, one in followed.items()
        if one.arm in (TREATED, HELD_OUT) and one.customer is not None and not one.surveyed
    }


def question(policy: TwinId, arrangement_id: str, until: float) -> MessageRequest:
    """The message; what she answers after `until` counts no more."""
    return MessageRequest(
        id=digest(policy, arrangement_id, NAME), about=policy, template=NAME, texts=TEXTS,
        urgency="low", until=until, survey=Survey(arrangement_id=arrangement_id, until=until),
        data=None,
    )  # fmt: skip
