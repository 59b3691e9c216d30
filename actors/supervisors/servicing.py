"""Service: a car's engine light is on; her calendar and her dealer's cross, and she taps once."""

from typing import Any, ClassVar

from actors.supervisors.arrangement import Arrangement, Leg
from actors.supervisors.errand import Errand
from actors.supervisors.helping import Helping
from actors.supervisors.offer import Notice, Offer, put_first, without
from actors.supervisors.wording import add_words, notice_of
from twins.handler import heeds
from twins.outputs import Signal
from twins.people.messages import Words

LIGHT = "engine.light"

BOOKED = ("slot", "rental")

ALTERNATIVES = 3
"""So many appointments she may choose from."""

add_words(
    {
        "en": {
            "light.subject": "Your engine light is on: choose an appointment",
            "light.text": (
                "{name}, your car can be driven, but should be looked at. We have reserved these "
                "appointments for you, with all that stands beside them. One tap takes the one "
                "that suits you."
            ),
            "light_short.subject": "Engine light: which time suits you?",
            "light_short.text": (
                "{name}, appointments are reserved for your car. Tap the one that suits you; we "
                "do the rest."
            ),
        },
        "de": {
            "light.subject": "Ihre Motorleuchte ist an: wählen Sie einen Termin",
            "light.text": (
                "{name}, Ihr Auto fährt, sollte aber angesehen werden. Wir haben diese Termine "
                "für Sie reserviert, mit allem, was dabei steht. Ein Tipp nimmt den, der Ihnen "
                "passt."
            ),
            "light_short.subject": "Motorleuchte: welcher Termin passt Ihnen?",
            "light_short.text": (
                "{name}, Termine sind für Ihr Auto reserviert. Tippen Sie auf den, der Ihnen "
                "passt; alles Weitere machen wir."
            ),
        },
        "fi": {
            "light.subject": "Moottorin merkkivalo palaa: valitse huoltoaika",
            "light.text": (
                "{name}, autolla voi ajaa, mutta se kannattaa tarkistaa. Olemme varanneet sinulle "
                "nämä ajat ja kaiken, mitä niiden kohdalla lukee. Yksi napautus valitsee sopivan."
            ),
            "light_short.subject": "Moottorin merkkivalo: mikä aika sopii?",
            "light_short.text": (
                "{name}, autollesi on varattu huoltoaikoja. Napauta sopivinta; me hoidamme loput."
            ),
        },
    }
)


class Servicing(Helping, kind="service"):
    """Watches over the vehicle of the same key."""

    skill: ClassVar[str] = "workshop"

    @heeds(LIGHT)
    def light(self, signal: Signal) -> None:
        """The engine's lamp is on: find a time that suits her and her dealer."""
        self.take_up(signal, signal.data.get("desk"))

    def covers(self, arr: Arrangement, signal: Signal) -> bool:  # noqa: ARG002 - the base has it: other policies look at it, this one does not
        """As long as what is booked lies ahead: lamps flicker."""
        return self.lies_ahead(arr, "slot")

    def begin(self, arr: Arrangement) -> None:
        """Ask when she has time, and where her dealer is."""
        self.ask_facts(arr)

    def plan(self, arr: Arrangement) -> str | None:
        """Appointments to choose from, each with its rental; without any it makes no sense."""
        return self.add_legs(arr, BOOKED, ("slot",), choice=BOOKED, alternatives=ALTERNATIVES)

    def notice(self, arr: Arrangement, offer: Offer) -> Notice:
        """The message."""
        return notice_of(offer, Errand(self, arr).profile.name, "light")

    def wordings(self, arr: Arrangement, notice: Notice) -> dict[str, Words]:  # noqa: ARG002 - the base has it: other policies look at it, this one does not
        """The same in few words."""
        if notice.offer is None:
            return {}
        short = notice_of(notice.offer, notice.name, "light_short")
        return {"short": Words(subject=short.subject, text=short.text)}

    def variants(self, arr: Arrangement, offer: Offer) -> dict[str, Offer]:
        """Another appointment first; or the appointments alone, for who waits or comes by bus."""
        return {**put_first(offer), **without(offer, "rental", arr)}

    def evidence(self, arr: Arrangement, leg: Leg) -> dict[str, Any]:
        """What the dealer gets with the appointment."""
        return self.reasons(arr) if leg.sort_name == "slot" else super().evidence(arr, leg)

    def reasons(self, arr: Arrangement) -> dict[str, Any]:
        """What the control unit said."""
        said = arr.cause.data
        return {
            "vehicle": arr.cause.twin_id,
            "description": said.get("description", ""),
            "fault_code": said.get("fault_code"),
            "noticed_at": arr.cause.time,
        }
