"""People: the kinds of persons that Vigil works for and with, and the desk where they meet.

Importing this package registers its kinds.

- `reached`: who can be told something; `actions`: what of it may follow a rule
- `customer`: how to reach her, what must fit her, what is arranged for her
- `employee`, `desk`: who decides where no twin can, and how a case finds her
- `messages`: what they and supervisors say to each other
"""

from twins.people import actions
from twins.people.customer import Customer, CustomerSettings
from twins.people.desk import Case, Desk, DeskSettings
from twins.people.employee import Employee, EmployeeSettings
from twins.people.messages import (
    ArrangementNews,
    Busy,
    CaseChanged,
    Channel,
    Contact,
    Directory,
    NewCase,
    Profile,
    Shift,
)

__all__ = [
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
    "NewCase",
    "Profile",
    "Shift",
    "actions",
]
