"""Composed: an arrangement whose steps stand in a rule, run by what all arrangements share.

    then:
      - arrangement: {name: service_visit, to: owner, steps: [slot, rental], require: [slot]}

Each name has a supervisor of its own for each twin, `composed/<name>-<digest>`, so that two sorts
of arrangements do not keep each other from starting.
"""

from typing import Any

import msgspec
from msgspec import Struct, to_builtins

from actors.supervisors.arrangement import Arrangement, LegState, State
from actors.supervisors.errand import Errand
from actors.supervisors.helping import Helping
from actors.supervisors.legs import LEGS, in_order
from actors.supervisors.offer import Notice, Offer
from actors.supervisors.wording import notice_of
from twins.handler import told
from twins.ids import DeskId, TwinId, digest
from twins.kind import KINDS
from twins.outputs import Signal
from twins.people.messages import Urgency, Words
from twins.rules.template import chosen
from twins.units import Seconds, Short, Time, Token


class Spec(Struct, kw_only=True, omit_defaults=True):
    """What a rule says of an arrangement."""

    name: Token
    """What rules call it: `open(service_visit)`."""
    steps: list[Token]
    """Names of `LEGS`."""
    require: list[Token] = []
    """Those without which it makes no sense."""
    skill: Short = ""
    """What an employee must be able to do to take it over."""
    texts: dict[str, Words] | None = None
    """What the customer is told with the offer, by language; None: what is always said."""
    wordings: dict[str, dict[str, Words]] = {}
    """The same in other words, by name."""
    data: dict[str, Any] = {}
    """What the places of the texts show."""
    urgency: Urgency = "normal"
    """Of the offer: one that is `high` reaches her at night, too."""
    within_s: Seconds | None = None
    """How long the customer may think; never longer than the holds live."""
    earliest_s: Seconds = 0.0
    """How long from now it begins at the earliest."""
    latest_s: Seconds | None = None
    """How long from now it has to be over."""
    waits: bool = True
    """Where she may not be disturbed it is arranged anew later; else it ends, and the starter hears
    when she may be (`free_at`)."""


class Wanted(Struct, kw_only=True, omit_defaults=True):
    """Asks for an arrangement: `arrangement.wanted`."""

    cause: Signal
    """What a rule noticed; of its data `position`, `owner` and `dealer` are used."""
    spec: Spec
    desk: DeskId | None = None
    starter: TwinId | None = None
    """Who is told how it ended."""


class Settled(Struct, kw_only=True, omit_defaults=True):
    """Tells the starter how an arrangement ended: `arrangement.settled`."""

    cause_id: Short
    """Of the signal that it was wanted with."""
    state: Short
    """As `arrangement.State`; `busy`: another one was open, and none was started."""
    accepted: bool | None = None
    """What the customer said; None: nothing."""
    free_at: Time | None = None
    """It ended because she may not be disturbed before this."""


def composed_id(name: str, twin_id: str) -> str:
    """The supervisor of a twin's arrangements of this name."""
    return f"composed/{name}-{digest(name, twin_id)}"


class Composed(Helping, kind="composed"):
    """Runs the steps that a rule names, for one twin."""

    @told("arrangement.wanted")
    def wanted(self, wanted: Wanted) -> None:
        """Begin, unless one is open."""
        cause = msgspec.structs.replace(
            wanted.cause,
            data={**wanted.cause.data, "spec": to_builtins(wanted.spec), "starter": wanted.starter},
        )
        arr = self.arrangement
        busy = arr is not None and (arr.busy or arr.cause.id == cause.id)
        self.take_up(cause, wanted.desk)
        if busy and wanted.starter is not None:
            settled = Settled(cause_id=cause.id, state="busy")
            self.tell(wanted.starter, "arrangement.settled", settled)

    def begin(self, arr: Arrangement) -> None:
        """Ask for whom it is, and who can help."""
        self.ask_facts(arr)

    def spec(self, arr: Arrangement) -> Spec:
        """What the rule said."""
        return msgspec.convert(arr.cause.data["spec"], Spec)

    def called(self, arr: Arrangement) -> str:
        """Its name."""
        return self.spec(arr).name

    def skill_for(self, arr: Arrangement) -> str:
        """As the rule said."""
        return self.spec(arr).skill

    def plan(self, arr: Arrangement) -> str | None:
        """The steps that are possible."""
        spec = self.spec(arr)
        unknown = [name for name in (*spec.steps, *spec.require) if name not in LEGS]
        if unknown:
            return f"nobody knows how to arrange {', '.join(unknown)}"
        arr.facts["earliest"] = self.now + spec.earliest_s
        if spec.latest_s is not None:
            arr.facts["latest"] = self.now + spec.latest_s
        return self.add_legs(arr, spec.steps, spec.require)

    # -- the offer, and what follows ---------------------------------------------------------

    def patience_s(self, arr: Arrangement) -> float | None:
        """As the rule said."""
        return self.spec(arr).within_s

    def notice(self, arr: Arrangement, offer: Offer) -> Notice:
        """The rule's template, or what is always said."""
        spec, name = self.spec(arr), Errand(self, arr).profile.name
        if spec.texts is None:
            return notice_of(offer, name, "any", spec.urgency)
        language, words = chosen(spec.texts, offer.language)
        return Notice(
            to=offer.customer,
            name=name,
            language=language,
            subject=words.subject,
            text=words.text,
            html=words.html,
            data=spec.data,
            urgency=spec.urgency,
            offer=offer,
        )

    def wordings(self, arr: Arrangement, notice: Notice) -> dict[str, Words]:
        """As the rule said, where it has them in the notice's language."""
        wordings = self.spec(arr).wordings.items()
        language = notice.language
        return {name: texts[language] for name, texts in wordings if language in texts}

    def reasons(self, arr: Arrangement) -> dict[str, Any]:
        """Why the rule fired."""
        why = arr.cause.data.get("why") or {}
        return {"rule": why.get("words", ""), "inputs": why.get("inputs", {})}

    def followed(self, arr: Arrangement) -> str | None:
        """The first that drives to her: the tow truck before the ride."""
        confirmed = {leg.sort_name: leg.name for leg in arr.in_state(LegState.CONFIRMED)}
        moving = (sort for sort in in_order(confirmed) if LEGS[sort].moves)
        return next((confirmed[sort] for sort in moving), None)

    def followers(self, arr: Arrangement) -> list[str]:
        """Whom it is about, and the customer, as far as their kinds can be told."""
        ids = dict.fromkeys(super().followers(arr))
        kinds = {twin_id: KINDS.get(twin_id.partition("/")[0]) for twin_id in ids}
        return [id_ for id_, kind in kinds.items() if kind and "helper.moved" in kind.handlers]

    def affordable(self, arr: Arrangement) -> None:
        """Ask her; whoever started it may want to know that all is held."""
        super().affordable(arr)
        starter = arr.cause.data.get("starter")
        if starter is None or arr.state is not State.OFFERED:
            return
        kind = KINDS.get(starter.partition("/")[0])
        if kind is not None and "arrangement.offered" in kind.handlers:
            offered = Settled(cause_id=arr.cause.id, state=arr.state)
            self.tell(starter, "arrangement.offered", offered)

    def put_off(self, arr: Arrangement, until: float) -> None:
        """Wait until she may be disturbed, or leave it to the starter."""
        if self.spec(arr).waits:
            super().put_off(arr, until)
            return
        arr.facts["free_at"] = until
        self.undo(arr, State.COMPENSATED, "she may not be disturbed")

    def over(self, arr: Arrangement) -> None:
        """Tell whoever started it."""
        starter = arr.cause.data.get("starter")
        if starter is not None:
            accepted = None if arr.verdict is None else arr.verdict.accept
            settled = Settled(
                cause_id=arr.cause.id, state=arr.state, accepted=accepted,
                free_at=arr.facts.get("free_at"),
            )  # fmt: skip
            self.tell(starter, "arrangement.settled", settled)
