"""A filter that names what no twin of its kind has is a mistake, and says so."""

import pytest

import twins.devices
import twins.people  # noqa: F401 - makes their kinds known
from actors.errors import BadFilter
from actors.store.filter_fields import check_fields


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("kind = vehicle and colant_c > 3", "no field colant_c; did you mean coolant_c?"),
        ("kind = vehicle and (speed_kmh > 3 or not exists zzz)", "see `vigil fields vehicle`"),
        ("zzz = 1 and kind = vehicle", "a vehicle has no field zzz"),
        ("kind = customer and tir in (gold, silver)", "did you mean tier?"),
        ("kind = customer and nam ~ 'x'".replace("'", '"'), "did you mean name?"),
        ("kind = vehicel", "there is no kind vehicel; did you mean vehicle?"),
    ],
)
def test_what_no_twin_can_have_is_told(where: str, said: str) -> None:
    """With the nearest that there is."""
    with pytest.raises(BadFilter, match=said.replace("?", r"\?")):
        check_fields(where)


@pytest.mark.parametrize(
    "where",
    [
        "",
        "colant_c > 3",
        "kind = vehicle",
        'kind = vehicle and key = "v1" and id != "vehicle/v2" and coolant_c > 3',
        "kind = vehicle or colant_c > 3",
        "not kind = vehicle and colant_c > 3",
        "kind = customer and position.lat > 3",
        "kind = zzzzz and anything = 1",
    ],
)
def test_what_some_twin_may_have_passes(where: str) -> None:
    """Where the kind is not said, or is not loaded, nobody can know."""
    check_fields(where)
