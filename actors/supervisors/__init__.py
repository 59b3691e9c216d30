"""Supervisors: proactive policies over several twins, and the arrangements that they make. Pure.

Importing this package registers its kinds.

- `arrangement`: one durable cross-twin action: its legs, their moves, its steps
- `standing`: what it keeps beside its legs
- `supervisor`, `booking`, `offering`, `confirming`, `following`, `helping`: what drives it, from
  signal to end
- `licensed`, `governed`, `undoing`: how far it goes, as its policy says, and what is taken back
- `legs`, `errand`: what can be booked, and what that has to fit
- `offer`, `wording`, `estimates`: what a customer is asked, in which words, and how long it takes
- `recall`: the campaign for a defect of many cars
- `roadside`: the policy for an overheating engine
- `nights`: when it is night where something stands
- `updating`: the policy for a car whose fault lies in its software
- `care`: the policy for a medical reading that needs a doctor
- `delivery`: the policy for a parcel that is damaged on its way
- `cooling`: the policy for an air conditioner whose efficiency drifts
- `rebooking`, `flying`: the policy for a connection that will be missed, and what it books
- `shortage`: the policy for a car that is stranded while trucks are few
- `servicing`: the policy for an engine whose lamp is on
- `composed`: arrangements whose steps stand in a rule
- `campaign`, `invitation`: so many people over some time, each of them once
- `actions`: what of it may follow a rule
"""

from actors.supervisors import actions
from actors.supervisors.arrangement import Arrangement, Leg, LegState, State, Step
from actors.supervisors.campaign import Campaign
from actors.supervisors.care import Care
from actors.supervisors.composed import Composed
from actors.supervisors.cooling import Cooling
from actors.supervisors.delivery import Delivery
from actors.supervisors.invitation import Invitation
from actors.supervisors.offer import Line, Notice, Offer, OfferAnswer
from actors.supervisors.rebooking import Rebooking
from actors.supervisors.recall import Recall
from actors.supervisors.roadside import Roadside
from actors.supervisors.servicing import Servicing
from actors.supervisors.shortage import Shortage
from actors.supervisors.supervisor import Supervisor
from actors.supervisors.updating import Updating

__all__ = [
    "Arrangement",
    "Campaign",
    "Care",
    "Composed",
    "Cooling",
    "Delivery",
    "Invitation",
    "Leg",
    "LegState",
    "Line",
    "Notice",
    "Offer",
    "OfferAnswer",
    "Rebooking",
    "Recall",
    "Roadside",
    "Servicing",
    "Shortage",
    "State",
    "Step",
    "Supervisor",
    "Updating",
    "actions",
]
