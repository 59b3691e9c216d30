"""Settings: master data that Vigil's edges give a twin with `configured`."""

from typing import TYPE_CHECKING

from msgspec import UNSET, Struct, UnsetType

if TYPE_CHECKING:
    from twins.twin import Twin

__all__ = ["UNSET", "Settings", "UnsetType"]


class Settings(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of the `configured` message of a kind: its fields are fields of the twin.

    What is left out stays as it is; null empties what may be empty. An unknown field is refused,
    so that a typing error is not taken for a setting.
    """

    def apply(self, twin: "Twin") -> None:
        """Take over what is given."""
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if value is not UNSET:
                setattr(twin, name, value)
