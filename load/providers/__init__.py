"""Providers: the outside companies that Vigil arranges help with, simulated behind one contract.

contract.py   what is said over HTTP             errors.py     why a call is refused
world.py      who the providers are              offers.py, slots.py, movement.py   what they have
inventory.py  the truth of every hold            ledger.py     its SQLite transactions
behaviour.py  how a provider misbehaves          app.py, edge.py, __main__.py       the service
conformance.py, checks.py, probe.py   what anyone can run against his own provider
"""

from load.providers.app import create_app
from load.providers.behaviour import Behaviour
from load.providers.world import World, demo_world

__all__ = ["Behaviour", "World", "create_app", "demo_world"]
