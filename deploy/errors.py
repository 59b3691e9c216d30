"""Errors of deployment.

DeployError
├── AlreadyRunning   a node is running on this data folder; its addresses are in the text
├── NotRunning       nothing runs on this data folder; start it
└── StartFailed      a part did not come up in time; the text names it and its log
"""


class DeployError(Exception):
    """Base of everything that deployment raises on purpose."""


class AlreadyRunning(DeployError):
    """A node is running on this data folder."""


class NotRunning(DeployError):
    """Nothing runs on this data folder."""


class StartFailed(DeployError):
    """A part did not come up in time."""
