"""People: the kinds of persons that Vigil works for and with, and the desk where they meet.

Importing this package registers its kinds.

- `reached`: who can be told something; `actions`: what of it may follow a rule
- `customer`: how to reach her, what must fit her, what is arranged for her. It is built of
  `reached`, `calendar` (her time), `value` (what she brings), `serviced` (her devices),
  `consents` (what she allows), `visited` (her browsers), `merged` (one person, two customers),
  `engaged` (what is learned of how she is told best), `helped` (what became of her, for policies)
- `visitor`: a browser or an app; `identity`: an address, and whose it is
- `order`: what she ordered, paid and sent back; her value is summed from it
- `employee`, `desk`: who decides where no twin can, and how a case finds her
- `talking`, `replies`: what a person writes back, and where it goes
- `messages`: what they and supervisors say to each other
"""

from twins.people import actions
from twins.people.case import Case
from twins.people.casework import CaseChanged, NewCase, Shift
from twins.people.customer import Customer, CustomerSettings
from twins.people.desk import Desk, DeskSettings
from twins.people.employee import Employee, EmployeeSettings
from twins.people.identity import Identity
from twins.people.messages import ArrangementNews, Busy, Channel, Contact, Directory, Profile
from twins.people.order import Order
from twins.people.replies import Address, Reply
from twins.people.visitor import Visitor

__all__ = [
    "Address",
    "ArrangementNews",
    "Busy",
    "Case",
    "CaseChanged",
    "Channel",
    "Contact",
    "Customer",
    "CustomerSettings",
    "Desk",
    "DeskSettings",
    "Directory",
    "Employee",
    "EmployeeSettings",
    "Identity",
    "NewCase",
    "Order",
    "Profile",
    "Reply",
    "Shift",
    "Visitor",
    "actions",
]
