"""Cast: who there is in the demo, as master data that Vigil is told before the fleet drives.

All persons and companies are invented. The same seed, day and addresses give the same cast.
"""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from deploy.demo.ground import Ground
from deploy.demo.world import TIMEZONE, TOWNS, Town
from load.providers.contract import Position
from load.providers.world import Dealer, RentalDepot, World
from twins.devices.vehicle import VehicleSettings
from twins.ids import digest
from twins.people.casework import Shift
from twins.people.customer import CustomerSettings
from twins.people.desk import DeskSettings
from twins.people.employee import EmployeeSettings
from twins.people.messages import (
    Busy,
    Channel,
    DepotEntry,
    InsurerEntry,
    RideEntry,
    TowEntry,
)
from twins.services.service import ServiceSettings

SKILL: Final = "roadside"
TAKE_S: Final = 8.0
"""How long an employee of the demo has to take a case, in seconds."""

CALENDAR_DAYS: Final = 10
HOUR_S: Final = 3600

_FIRST: Final = (
    "Aino", "Ben", "Carla", "Daniel", "Elif", "Felix", "Greta", "Hanna", "Ivo", "Jana", "Kai",
    "Lena", "Mika", "Nora", "Oskar", "Paula", "Quentin", "Ronja", "Samir", "Tilda", "Uwe", "Vera",
    "Wim", "Xenia", "Yasmin", "Zoe",
)  # fmt: skip
_FAMILY: Final = (
    "Albrecht", "Berg", "Castell", "Dahl", "Ekman", "Frost", "Gerber", "Holm", "Ilves", "Jansen",
    "Keller", "Lindt", "Moreau", "Nieminen", "Olsen", "Petri", "Quist", "Reuter", "Salo", "Thorn",
    "Ullmann", "Virta", "Weiss", "Young", "Zander",
)  # fmt: skip
_MODELS: Final = ("Etios saloon", "Etios hatchback", "Etios Cross")
_COLOURS: Final = ("white", "silver", "blue", "red", "grey", "black")
_APPS: Final = ("messenger", "sms", "e-mail")
"""What a customer likes best; in the demo one receiver stands for all of them."""


class Person(Struct, frozen=True):
    """A customer, for those who tell the story."""

    id: str
    name: str
    language: str
    app: str


class Master(Struct, frozen=True):
    """Master data of one twin: the data of its `configured` event."""

    twin_id: str
    settings: dict[str, Any]

    @classmethod
    def of(cls, twin_id: str, settings: Struct) -> "Master":
        """What a twin is told."""
        return cls(twin_id, msgspec.to_builtins(settings))

    def event_id(self, telling: int = 0) -> str:
        """Constant while the data are the same, so that the next start repeats nothing.

        Args:
            telling: How often the story has followed another one here: what that one has told the
                same desks and companies is told otherwise again.
        """
        text = msgspec.json.encode(self.settings, order="deterministic").decode()
        return f"cast.{digest(self.twin_id, text, str(telling))}"


class Cast(Struct, frozen=True):
    """Everybody."""

    masters: tuple[Master, ...]
    """Desks and employees first, so that nothing happens before somebody is there for it."""
    people: dict[str, Person]
    """By customer id."""
    desks: tuple[str, ...]
    """Twin ids; employees are at them."""
    owners: dict[str, str] = {}
    """Vehicle id -> customer id."""
    towns: dict[str, Town] = {}
    """Vehicle id -> where it drives."""


def build_cast(
    seed: int,
    cars: int,
    world: World,
    *,
    providers_url: str,
    inbox_url: str,
    today: datetime,
    ground: Ground,
) -> Cast:
    """Invent the cast.

    Args:
        seed: Of everything that chance decides.
        cars: How many cars; each has an owner of her own.
        world: The providers.
        providers_url: Where they are, for example `http://127.0.0.1:8081`.
        inbox_url: Where customers' messages go.
        today: Calendars begin on its day.
        ground: On whose streets they live.
    """
    chance = Random(seed)  # noqa: S311 - people are invented, not secrets
    people: dict[str, Person] = {}
    owners: dict[str, str] = {}
    towns: dict[str, Town] = {}
    vehicles: list[Master] = []
    customers: list[Master] = []
    for number in range(1, cars + 1):
        town = town_of(number, cars)
        vehicle, owner = f"vehicle/v{number}", f"customer/c{number}"
        dealer = f"dealer/{chance.choice(town.dealers)}"
        person = Person(
            owner,
            f"{chance.choice(_FIRST)} {chance.choice(_FAMILY)}",
            chance.choice(("en", "en", "de")),
            chance.choice(_APPS),
        )
        people[owner], owners[vehicle], towns[vehicle] = person, owner, town
        colour, model = chance.choice(_COLOURS), chance.choice(_MODELS)
        vehicles.append(
            Master.of(
                vehicle,
                VehicleSettings(
                    owner=owner,
                    dealer=dealer,
                    desk=town.desk,
                    description=f"{colour} {model}, {_plate(chance)}",
                ),
            )
        )
        home = ground.place(TOWNS.index(town), chance)
        settings = _customer(person, number, town, home, dealer, chance, inbox_url, today)
        customers.append(Master.of(owner, settings))
    masters = (
        *_desks(world),
        *_employees(),
        *_services(world, providers_url),
        *customers,
        *vehicles,
    )
    desks = tuple(town.desk for town in TOWNS)
    return Cast(masters, people, desks, owners, towns)


def town_of(number: int, cars: int) -> Town:
    """Where the car of this number drives; the first cars are in the first town."""
    first, second = TOWNS
    return first if number <= math.ceil(first.share * cars) else second


def _plate(chance: Random) -> str:
    letters = "".join(chance.choice("ABCEFGHIJKLMNOPRSTUVXYZ") for _ in range(3))
    return f"{letters}-{chance.randint(100, 999)}"


def _customer(
    person: Person,
    number: int,
    town: Town,
    home: Position,
    dealer: str,
    chance: Random,
    inbox_url: str,
    today: datetime,
) -> CustomerSettings:
    where = f"{inbox_url}/{person.app}/{person.id.partition('/')[2]}"
    return CustomerSettings(
        name=person.name,
        language=person.language,
        channels=[Channel(channel="webhook", address=where)],
        position=home,
        calendar=list(_calendar(chance, today)),
        lifetime_value_cents=round(chance.lognormvariate(14.0, 0.6)),
        insurer=f"insurer/{town.insurer}",
        policy=f"P-{number}",
        dealer=dealer,
    )


def _calendar(chance: Random, today: datetime) -> Iterator[Busy]:
    """One to three appointments on each of the next working days, on the hour, local time."""
    local = ZoneInfo(TIMEZONE)
    # Later days must not change when a day has gone by: each has its own chance.
    seed = chance.random()
    for ahead in range(CALENDAR_DAYS):
        day = today.astimezone(local).date() + timedelta(days=ahead)
        if day.weekday() > 4:  # noqa: PLR2004 - Friday
            continue
        own = Random(f"{seed} {day.isoformat()}")  # noqa: S311 - a made up calendar, the same for the same seed
        for hour in sorted(own.sample(range(8, 16), own.randint(1, 3))):
            starts = datetime(day.year, day.month, day.day, hour, tzinfo=local).astimezone(UTC)
            ends = starts.timestamp() + own.choice((1, 1, 2)) * HOUR_S
            yield Busy(starts_at=starts.timestamp(), ends_at=ends)


def _desks(world: World) -> Iterator[Master]:
    by_id = {provider.provider_id: provider for provider in world.providers}
    for town in TOWNS:
        depots = []
        for id_ in town.depots:
            depot = by_id[id_]
            assert isinstance(depot, RentalDepot)
            depots.append(
                DepotEntry(id=f"rental_depot/{id_}", name=depot.name, position=depot.position)
            )
        yield Master.of(
            town.desk,
            DeskSettings(
                name=f"{town.name} desk",
                currency="EUR",
                tow_operators=[
                    TowEntry(id=f"tow_operator/{id_}", name=by_id[id_].name, position=town.center)
                    for id_ in town.tows
                ],
                ride_companies=[
                    RideEntry(id=f"ride_company/{id_}", name=by_id[id_].name, position=town.center)
                    for id_ in town.rides
                ],
                rental_depots=depots,
                insurers=[
                    InsurerEntry(id=f"insurer/{town.insurer}", name=by_id[town.insurer].name)
                ],
                take_s=TAKE_S,
            ),
        )


def _employees() -> Iterator[Master]:
    """For each desk two people on each of three shifts, and a lead whom every case can reach."""
    names = iter(f"{first} {family}" for first, family in zip(_FIRST, _FAMILY[5:], strict=False))
    number = 0
    for town in TOWNS:
        for shift in range(3):
            for _ in range(2):
                number += 1
                starts, ends = 8 * shift * HOUR_S, 8 * (shift + 1) * HOUR_S
                yield Master.of(
                    f"employee/e{number}",
                    EmployeeSettings(
                        name=next(names),
                        skills=[SKILL],
                        shift=Shift(starts_s=starts, ends_s=ends),
                        desk=town.desk,
                        lead=False,
                    ),
                )
        number += 1
        yield Master.of(
            f"employee/e{number}",
            EmployeeSettings(
                name=next(names), skills=[SKILL, "complaints"], shift=Shift(), desk=town.desk,
                lead=True,
            ),
        )  # fmt: skip


def _services(world: World, providers_url: str) -> Iterator[Master]:
    for provider in world.providers:
        settings = ServiceSettings(
            base_url=f"{providers_url}/providers/{provider.provider_id}", name=provider.name
        )
        if isinstance(provider, RentalDepot | Dealer):
            settings.position = provider.position
        yield Master.of(f"{provider.kind}/{provider.provider_id}", settings)
