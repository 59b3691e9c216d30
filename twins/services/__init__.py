"""Services: the kinds of outside companies that Vigil arranges help with.

Importing this package registers its kinds.

- `service`: what they share: calls to a provider, answers to a supervisor, a view of both
- `companies`: dealer, rental depot, tow operator, ride company, insurer
- `shop`: a shop that sends parcels, and its articles
- `messages`: what supervisors and services say to each other
"""

from twins.services.companies import Cover, Dealer, Insurer, RentalDepot, RideCompany, TowOperator
from twins.services.messages import (
    Answer,
    Availability,
    Card,
    CardRequest,
    Held,
    Moved,
    Offered,
    Request,
)
from twins.services.service import Health, HoldView, Service, ServiceSettings
from twins.services.shop import Article, ArticleSettings, Shop

__all__ = [
    "Answer",
    "Article",
    "ArticleSettings",
    "Availability",
    "Card",
    "CardRequest",
    "Cover",
    "Dealer",
    "Health",
    "Held",
    "HoldView",
    "Insurer",
    "Moved",
    "Offered",
    "RentalDepot",
    "Request",
    "RideCompany",
    "Service",
    "ServiceSettings",
    "Shop",
    "TowOperator",
]
