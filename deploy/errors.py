"""Errors of deployment.

DeployError
├── BadSettings      unknown, unreadable or out of range; a line for each, with what to change
├── AlreadyRunning   a node is running on this data folder; its addresses are in the text
├── NotRunning       nothing runs on this data folder; start it
├── StartFailed      a part did not come up in time; the text names it and its log
├── BadKinds         kinds that were to be taken over are wrong; those that run stay
└── NotNew           a new package cannot be made under this name, or in this folder
"""


class DeployError(Exception):
    """Base of everything that deployment raises on purpose."""


class BadSettings(DeployError):
    """A setting is unknown, unreadable or out of range."""


class AlreadyRunning(DeployError):
    """A node is running on this data folder."""


class NotRunning(DeployError):
    """Nothing runs on this data folder."""


class StartFailed(DeployError):
    """A part did not come up in time."""


class NotNew(DeployError):
    """A new package cannot be made under this name, or in this folder."""


class BadKinds(DeployError):
    """Kinds that were to be taken over while a node runs are wrong; those that run stay."""
