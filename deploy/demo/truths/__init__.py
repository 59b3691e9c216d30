"""Truths: what Vigil claims in a story, held against what is so in the world. Pure.

truth.py      `Truth`: what came of one comparison
world.py      `Booked`, `Said`: what companies have given, and what devices have said
bill.py       what is billed, and what the device delivered
slots.py      who has which slot, and how severe each car's fault is
arrivals.py   when trucks came, and what customers were told
turns.py      in which order trucks were given, and how urgent each call was
"""

from deploy.demo.truths.truth import Truth
from deploy.demo.truths.world import Booked, Said

__all__ = ["Booked", "Said", "Truth"]
