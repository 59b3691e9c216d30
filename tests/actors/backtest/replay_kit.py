"""What tests of replays share: two rule sets, and a history to tell them apart."""

from support.history import History, rule

import twins.devices
import twins.people

assert twins.devices
assert twins.people, "vehicles mirror what they tell"

HOT = [rule("hot", "coolant_c > 100")]
HOTTER = [rule("hot", "coolant_c > 105")]


def warm_up() -> History:
    """Two cars that get hot; one of them more than the other, and twice."""
    history = History()
    for second, coolant in enumerate([90, 101, 106, 98, 107]):
        history.measure(10.0 * second, coolant_c=coolant)
        history.measure(10.0 * second + 1, "vehicle/v2", coolant_c=min(coolant, 103))
    return history
