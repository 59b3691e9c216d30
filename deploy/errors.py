"""Errors of deployment.

DeployError
├── BadSettings      unknown, unreadable or out of range; a line for each, with what to change
├── AlreadyRunning   a node is running on this data folder; its addresses are in the text
├── NotRunning       nothing runs on this data folder; start it
└── StartFailed      a part did not come up in time; the text names it and its log
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
