"""Words: what Vigil's own parts say to a partition about any of its twins.

No kind has a handler for them; the partition itself takes them.
"""

from types import MappingProxyType

from actors.erased import ERASE
from actors.erased import HANDLER as ERASE_HANDLER
from actors.quarantine import RESUME, SKIP
from twins.handler import Handler, Origin

RESERVED = "vigil."
"""How the types of all of them begin."""


def _go_on(_twin: object) -> None:
    """A parked twin goes on."""


WORDS = MappingProxyType(
    {
        ERASE: ERASE_HANDLER,
        RESUME: Handler(RESUME, _go_on, Origin.INSIDE),
        SKIP: Handler(SKIP, _go_on, Origin.INSIDE),
    }
)
"""What gateways check them by."""
