"""Services: the kinds of outside companies that Vigil arranges help with.

Importing this package registers its kinds.

- `service`: what they share: calls to a provider, answers to a supervisor, a view of both
- `companies`: dealer, rental depot, tow operator, ride company, insurer, airline
- `demand`: where cars will break down
- `dispatch`: who gets the next truck
- `shop`: a shop that sends parcels, and its articles; one that sends spare parts
- `weather`: the forecast for a place
- `messages`: what supervisors and services say to each other
"""

from twins.services.companies import (
    Airline,
    Cover,
    Dealer,
    Hotel,
    Insurer,
    RentalDepot,
    RideCompany,
    TowOperator,
)
from twins.services.demand import Demand
from twins.services.dispatch import Dispatch
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
from twins.services.shop import Article, ArticleSettings, PartsShop, Shop
from twins.services.weather import Forecast, Weather

__all__ = [
    "Airline",
    "Answer",
    "Article",
    "ArticleSettings",
    "Availability",
    "Card",
    "CardRequest",
    "Cover",
    "Dealer",
    "Demand",
    "Dispatch",
    "Forecast",
    "Health",
    "Held",
    "HoldView",
    "Hotel",
    "Insurer",
    "Moved",
    "Offered",
    "PartsShop",
    "RentalDepot",
    "Request",
    "RideCompany",
    "Service",
    "ServiceSettings",
    "Shop",
    "TowOperator",
    "Weather",
]
