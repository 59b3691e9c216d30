"""Delivery: a parcel is damaged on its way; another one leaves, and its owner is told first."""

from typing import Any, ClassVar, Final

import msgspec
from msgspec import Struct

from actors.supervisors.arrangement import Arrangement, Leg, LegState, Option, State
from actors.supervisors.errand import Errand
from actors.supervisors.helping import Helping
from actors.supervisors.legs import LEGS, LegKind
from actors.supervisors.offer import Line, Notice, Offer
from actors.supervisors.wording import add_words, notice_of
from twins.devices.commands import CommandChanged, CommandRequest
from twins.devices.parcel import ShopId
from twins.handler import heeds, told
from twins.ids import digest
from twins.outputs import Signal
from twins.people.messages import Words
from twins.services.shop import ArticleId

DAMAGED = "parcel.damaged"

SOLD_OUT = "none"
"""The table's word for: there is nothing left to send."""

add_words(
    {
        "en": {"reship": "Another parcel"},
        "de": {"reship": "Ersatzpaket"},
        "fi": {"reship": "Uusi paketti"},
    }
)

_SENT: Final = {
    "en": Words(
        subject="Your parcel was damaged; another one is on its way",
        text="$name, $what was damaged while it was carried. We have sent it once more; it should "
        "be there at ${at:time}. You need not do anything, and it costs you nothing.",
    ),
    "de": Words(
        subject="Ihr Paket wurde beschädigt; ein neues ist unterwegs",
        text="$name, $what wurde beim Transport beschädigt. Wir haben es noch einmal verschickt; "
        "es sollte am ${at:time} da sein. Sie müssen nichts tun, und es kostet Sie nichts.",
    ),
    "fi": Words(
        subject="Pakettisi vaurioitui; uusi on matkalla",
        text="$name, $what vaurioitui kuljetuksessa. Lähetimme sen uudelleen; sen pitäisi olla "
        "perillä ${at:time}. Sinun ei tarvitse tehdä mitään, eikä se maksa sinulle mitään.",
    ),
}
_LATER: Final = {
    "en": Words(
        subject="Your parcel was damaged",
        text="$name, $what was damaged while it was carried, and we could not send another one at "
        "once. Somebody is looking for a way, and will call you.",
    ),
    "de": Words(
        subject="Ihr Paket wurde beschädigt",
        text="$name, $what wurde beim Transport beschädigt, und wir können es nicht sofort noch "
        "einmal schicken. Jemand sucht eine Lösung und ruft Sie an.",
    ),
    "fi": Words(
        subject="Pakettisi vaurioitui",
        text="$name, $what vaurioitui kuljetuksessa, eikä meillä ole heti lähettää uutta. Etsimme "
        "ratkaisun ja soitamme sinulle.",
    ),
}


class Damage(Struct):
    """What the signal says; the parcels' rule and its table fill it in."""

    shop: ShopId | None = None
    article: ArticleId | None = None
    way: str | None = None
    """`courier`, `express`, `standard`, or `none`: by the decision table."""
    description: str = ""


def damage_of(arr: Arrangement) -> Damage:
    """What is known of it."""
    return msgspec.convert(arr.cause.data, Damage)


class Reship(LegKind):
    """The same once more, from the shop that sent it."""

    def missing(self, errand: Errand) -> str | None:
        """A shop, and something to send."""
        damage = damage_of(errand.arr)
        if damage.shop is None:
            return f"nobody knows who sent {errand.arr.cause.twin_id}"
        if damage.way == SOLD_OUT:
            return f"{damage.article or 'it'} is sold out"
        return None

    def wishes(self, errand: Errand, leg: Leg) -> dict[str, dict[str, Any]]:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """That shop."""
        damage = damage_of(errand.arr)
        assert damage.shop is not None
        return {damage.shop: {"details": {"article": damage.article, "way": damage.way}}}

    def suits(self, errand: Errand, leg: Leg, option: Option) -> bool:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """The same article, and known when it is there."""
        article = option.offer.details.get("article")
        return article == damage_of(errand.arr).article and option.offer.eta_s is not None

    def rank(self, errand: Errand, option: Option) -> tuple[float, ...]:
        """The way that the table says; else the fastest."""
        other = option.offer.details.get("way") != damage_of(errand.arr).way
        return (float(other), option.offer.eta_s or 0.0, float(option.offer.price_cents))


LEGS["reship"] = Reship()


class Delivery(Helping, kind="delivery"):
    """Watches over the parcel of the same key."""

    skill: ClassVar[str] = "parcels"

    @heeds(DAMAGED)
    def damaged(self, signal: Signal) -> None:
        """It will not arrive as it should: send another one."""
        self.take_up(signal, signal.data.get("desk"))

    def covers(self, arr: Arrangement, signal: Signal) -> bool:  # noqa: ARG002 - the base has it: other policies look at it, this one does not
        """A parcel is sent once more only once, however often it is knocked."""
        return arr.state is State.CLOSED

    def granted(self, arr: Arrangement) -> None:
        """Have the carrier take it back."""
        command = CommandRequest(
            name="return_to_sender", id=digest(arr.id, "return"), asker=self.id, ref=arr.id
        )
        self.tell(arr.cause.twin_id, "command.requested", command)
        arr.step("return_to_sender.requested", self.now, arr.cause.twin_id)

    def begin(self, arr: Arrangement) -> None:
        """Ask who waits for it."""
        self.ask_facts(arr)

    @told("command.changed")
    def command_changed(self, changed: CommandChanged) -> None:
        """How far the carrier has come."""
        arr = self.find(changed.ref or "")
        if arr is not None:
            arr.step(f"{changed.name}.{changed.state}", changed.at, changed.twin_id,
                     detail=changed.detail)  # fmt: skip

    def plan(self, arr: Arrangement) -> str | None:
        """One leg."""
        return self.add_legs(arr, ("reship",), ("reship",))

    def asks(self, arr: Arrangement) -> bool:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """She has paid for it: there is nothing to ask."""
        return False

    def lines(self, arr: Arrangement) -> list[Line]:
        """It costs her nothing."""
        return [
            msgspec.structs.replace(line, price_cents=0, declinable=False)
            for line in super().lines(arr)
        ]

    def notice(self, arr: Arrangement, offer: Offer) -> Notice:
        """Is not sent: see `asks`."""
        return notice_of(offer, Errand(self, arr).profile.name, "any")

    def started(self, arr: Arrangement) -> None:
        """It is sent: tell her, before she notices."""
        leg = arr.legs["reship"]
        assert leg.state is LegState.CONFIRMED
        # She hears of it before it is there; before that it may wait for the morning.
        at = self.now + (leg.eta_s or 0.0)
        self._let_know(arr, "reshipped", _SENT, {"at": at}, by=at)
        super().started(arr)

    def hand_over(self, arr: Arrangement, reason: str) -> None:
        """Tell her that somebody sees to it."""
        if "profile" in arr.facts:
            self._let_know(arr, "damage", _LATER, {})
        super().hand_over(arr, reason)

    def untold(self, arr: Arrangement, what: str, reason: str) -> None:
        """She has to hear it before she notices: a person calls her."""
        self.open_case(arr, f"{self.customer(arr)} was not told ({what}): {reason}; call her")

    def _let_know(
        self, arr: Arrangement, what: str, texts: dict[str, Words], data: dict[str, Any],
        by: float | None = None,
    ) -> None:  # fmt: skip
        said = damage_of(arr).description or "your parcel"
        self.let_know(arr, what, texts, {"what": said, **data}, by=by)

    def reasons(self, arr: Arrangement) -> dict[str, Any]:
        """What the carrier's devices said."""
        return {"shock_g": arr.cause.data.get("shock_g"), "hub": arr.cause.data.get("hub")}
