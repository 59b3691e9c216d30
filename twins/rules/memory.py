"""Memory: what the rules of one twin remember between events, in `twin.windows`.

    {"": [stamp, woken], "engine.overheating": [digest, state, slot, slot, …], …}

- `stamp`: of the rule set that last looked; another one throws away what does not belong to it
- `woken`: when the twin is woken next, by the log's time; 0: not at all
- `digest`: of the rule's definition; a changed rule begins anew
- `state`: None, or [phase, since, escalations, the firing's id where its end matters]; see `rule`
- a slot for each operator that remembers something; see `windows` and `trends`

All of it is plain lists, part of the state, and None for a twin that is well wherever possible.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from twins.turn import Turn
    from twins.twin import Twin

HEAD: Final = ""
"""No rule is named so."""

WAKE: Final = "rule:wake"
"""The reminder of all rules of a twin. It stays where it is until it must be earlier, or is due:
so it is set at most once for each time that it runs, not once for each event."""

STATE: Final = 1
SLOTS: Final = 2
"""Where the state and the first slot stand."""


def keep(twin: "Twin", stamp: int, name: str, memory: list[Any]) -> None:
    """Make a rule's memory part of the twin."""
    windows = twin.windows
    if windows is None:
        windows = twin.windows = {HEAD: [stamp, 0.0]}
    windows[name] = memory


def drop(twin: "Twin", name: str) -> None:
    """Forget what a rule remembers."""
    windows = twin.windows
    if windows is not None and windows.pop(name, None) is not None:
        leave(twin)


def leave(twin: "Twin") -> None:
    """Keep no head without a body; it stays while the twin is still to be woken."""
    windows = twin.windows
    if windows is not None and len(windows) == 1 and not windows[HEAD][1]:
        twin.windows = None


def arm(twin: "Twin", turn: "Turn", due: float) -> None:
    """Have the twin woken at `due` at the latest (log time)."""
    assert twin.windows is not None
    head = twin.windows[HEAD]
    if not head[1] or due < head[1]:
        head[1] = turn.remind(WAKE, due)


def tidy(twin: "Twin", stamp: int, digests: Mapping[str, int]) -> dict[str, list[Any]] | None:
    """Throw away what no rule of this rule set remembers, and return what is left."""
    windows = twin.windows
    if windows is None:
        return None
    head = windows.get(HEAD) or [stamp, 0.0]
    kept = {
        name: memory
        for name, memory in windows.items()
        if name != HEAD and memory and memory[0] == digests.get(name)
    }
    twin.windows = {HEAD: [stamp, head[1]], **kept}
    leave(twin)
    return twin.windows
