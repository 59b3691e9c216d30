"""Shop: who sends parcels, and what it has in stock."""

from typing import Annotated, ClassVar

from msgspec import Meta

from twins.handler import told
from twins.ids import PART
from twins.services.service import Service
from twins.settings import UNSET, Settings, UnsetType
from twins.twin import Twin
from twins.units import Short

ArticleId = Annotated[str, Meta(pattern=rf"^article/{PART}$", extra={"link": "article"})]


class Shop(Service, kind="shop"):
    """A shop. Its provider offers the ways by which it can send something once more.

    Of an offer's details it names the `article` and the `way`; `eta_s` is when it arrives.
    """

    sells: ClassVar[str] = "reship"
    keeps: ClassVar[tuple[str, ...]] = ("article", "way")


class PartsShop(Service, kind="parts_shop"):
    """A shop for spare parts. Of an offer's details it names the `model` that the part fits."""

    sells: ClassVar[str] = "filter"
    keeps: ClassVar[tuple[str, ...]] = ("model",)


class ArticleSettings(Settings):
    """What a shop says of an article: `configured`."""

    name: Short | UnsetType = UNSET
    stock: Annotated[int, Meta(ge=0)] | UnsetType = UNSET
    """How many there are."""


class Article(Twin, kind="article"):
    """Something that a shop sells."""

    name: str = ""
    stock: int = 0

    @told("configured")
    def configured(self, settings: ArticleSettings) -> None:
        """Take over what the shop says."""
        settings.apply(self)
