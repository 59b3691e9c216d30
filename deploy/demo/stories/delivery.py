"""Delivery: a parcel is damaged on its way; another one leaves before its owner notices.

Of what the second one waits for nothing is left: a person looks for a way, and she knows it.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from actors.supervisors.arrangement import State
from deploy.demo.cast import Master
from deploy.demo.plot import Plot
from deploy.demo.script import Obey, Part, Say, Scripted, Tale
from load.providers.world import Good, Provider, Store
from twins.devices.parcel import ParcelSettings
from twins.services.shop import ArticleSettings

_NOTICED: Final = (
    ("signal.noticed", "return_to_sender.requested", "return_to_sender.done"),
    ("signal.noticed", "profile.requested", "profile.answered"),
)
RESHIPPED: Final = Plot(
    name="reshipped",
    about="the carrier's scanner sees the damage; another one leaves by courier, and she is told",
    chains=(
        *_NOTICED,
        ("profile.answered", "reship.asked", "reship.held", "reship.confirmed"),
        ("reship.confirmed", "reshipped.telling", "reshipped.told"),
        ("reship.confirmed", "arrangement.closed"),
    ),
    ends_as=State.CLOSED,
    booked=frozenset(("reship",)),
    offered=False,
)
SOLD_OUT: Final = Plot(
    name="sold out",
    about="there is none left to send: a person looks for a way, and she is told so",
    fails=True,
    chains=(
        *_NOTICED,
        ("profile.answered", "damage.telling", "damage.told"),
        ("profile.answered", "case.opened", "case.assigned", "case.taken"),
        ("case.opened", "arrangement.with_person"),
    ),
    ends_as=State.WITH_PERSON,
    offered=False,
    person=True,
    knows=("signal", "profile", "directory", "steps"),
)


class Told(Scripted):
    """One shop, two parcels."""

    name: ClassVar[str] = "delivery"
    about: ClassVar[str] = "a parcel is damaged, and another one leaves before its owner notices"
    plots: ClassVar[tuple[Plot, ...]] = (RESHIPPED, SOLD_OUT)
    skills: ClassVar[tuple[str, ...]] = ("parcels",)

    def article(self, number: int) -> str:
        """What is in a parcel."""
        return f"article/{self.key(number)}"

    def companies(self) -> Sequence[Provider]:
        """A shop that can send the first article by three ways, and has none of the second."""
        details = {"article": self.article(1)}
        return (
            Store(
                provider_id="shop", name="Lamps and More", sells="reship",
                goods=tuple(
                    Good(item=self.item(way), title=f"a lamp, {way}",
                         price_cents=cents, stock=3,
                         eta_s=eta_s, details={**details, "way": way})
                    for way, cents, eta_s in (
                        ("standard", 490, 3 * 86_400.0), ("express", 990, 86_400.0),
                        ("courier", 3900, 4 * 3600.0),
                    )
                ),
            ),
        )  # fmt: skip

    def services(self) -> Mapping[str, str]:
        """Its twin."""
        return {"shop/delivery": "shop"}

    def tale(self, number: int, plot: Plot) -> Tale:
        """A parcel that the scanner sees, or whose sensor measures a knock."""
        person, her = self.person(
            number, ("Carla Dahl", "Felix Weiss")[number - 1], lifetime_value_cents=800_000
        )
        parcel = f"parcel/{self.key(number)}"
        article, stock = self.article(number), 0 if plot is SOLD_OUT else 12
        settings = ParcelSettings(
            owner=person.id, shop="shop/delivery", article=article, desk=self.desk,
            description="your lamp",
        )  # fmt: skip
        seen = (
            Say(0.5, "inspection", {"damaged": True, "hub": "Vantaa"})
            if plot is RESHIPPED
            else Say(0.5, "telemetry", {"shock_g": 140.0})
        )
        return Tale(
            twin_id=parcel,
            supervisor_id=f"delivery/{self.key(number)}",
            customer=person.id,
            people=(person,),
            masters=(
                her,
                Master.of(article, ArticleSettings(name="lamp", stock=stock)),
                Master.of(parcel, settings),
            ),
            parts=(
                Part(
                    twin_id=parcel,
                    says=(Say(0.5, "telemetry", {"shock_g": 3.0, "lat": 60.3, "lon": 25.0}), seen),
                    obeys={"return_to_sender": Obey(detail="goes back on tour 12")},
                ),
            ),
        )
