"""Whose a twin is: as its kind says, or by its owner."""

import importlib
import pkgutil
from typing import ClassVar

import actors.supervisors
import twins.devices
import twins.people
from twins.kind import KINDS, kind_of
from twins.twin import Twin

for _package in (actors.supervisors, twins.devices, twins.people):
    for _module in pkgutil.walk_packages(_package.__path__, f"{_package.__name__}."):
        importlib.import_module(_module.name)


class Lamp(Twin, kind="test_lamp"):
    """It has an owner."""

    owner: str | None = None


class Street(Twin, kind="test_street_lamp"):
    """Whoever owns it, what it measures is nobody's."""

    personal: ClassVar[str | None] = None
    owner: str | None = None


def test_what_has_an_owner_is_hers_unless_its_kind_says_else() -> None:
    """And what has none is nobody's."""
    lamp, street = Lamp(key="l1", owner="customer/c1"), Street(key="s1", owner="customer/c1")

    assert ("customer/c1", None) == (lamp.whose, street.whose)
    assert Lamp(key="l2").whose is None
    assert Lamp(key="l3", owner="the town").whose is None, "whoever that is, it is no twin"
    assert kind_of("desk").new("d1").whose is None
    assert "customer/c9" == kind_of("customer").new("c9").whose


def test_every_kind_of_vigils_that_knows_a_customer_says_whose_it_is() -> None:
    """A kind that is added, with a link to a customer, is decided about here too."""
    linked = {
        name
        for name, kind in KINDS.items()
        if not name.startswith("test_")
        and {"owner", "customer", "person"} & set(kind.cls.__struct_fields__)
    }

    assert {"vehicle", "monitor", "parcel", "order", "address", "visitor"} <= linked
    assert set() == {name for name in linked if kind_of(name).personal is None}
