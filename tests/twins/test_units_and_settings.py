"""Units: checked numbers, and distance; settings: what is left out stays."""

from typing import Any

import msgspec
import pytest
from msgspec import Struct

from twins.settings import UNSET, Settings, UnsetType
from twins.units import Cents, Currency, Position, Seconds, Time, distance_m, drive_s


class Measures(Struct):
    """One of each."""

    at: Time = 0.0
    after: Seconds = 0.0
    price: Cents = 0
    currency: Currency = "EUR"
    place: Position = (0.0, 0.0)


class Two(Settings):
    """Two settings, one of which may be emptied."""

    name: str | UnsetType = UNSET
    link: str | UnsetType | None = UNSET


class Holder:
    """Something with the same fields."""

    name = "old"
    link: str | None = "old"


@pytest.mark.parametrize(
    "value",
    [{"at": float("nan")}, {"at": -1.0}, {"after": float("inf")}, {"price": 1.5}, {"price": -1},
     {"currency": "eur"}, {"place": [0.0, 181.0]}, {"place": [float("nan"), 0.0]},
     {"place": [1.0]}],
)  # fmt: skip
def test_numbers_out_of_bounds_are_refused(value: dict[str, Any]) -> None:
    """NaN and infinity above all: state is stored as JSON, which knows neither."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(value, Measures)


def test_distance_is_the_geodesic() -> None:
    """A degree of latitude at the equator is 110,574 m on WGS 84; driven at 36 km/h, 11,057 s."""
    assert distance_m((0.0, 0.0), (1.0, 0.0)) == pytest.approx(110_574.4, abs=0.1)
    assert drive_s((0.0, 0.0), (1.0, 0.0), 36.0) == pytest.approx(11_057.44, abs=0.01)


def test_settings_apply_what_is_given() -> None:
    """What is left out stays, null empties, and an unknown field is refused."""
    holder: Any = Holder()
    msgspec.json.decode(b'{"link": null}', type=Two).apply(holder)

    assert (holder.name, holder.link) == ("old", None)

    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.json.decode(b'{"nmae": "new"}', type=Two)
