"""Truths: what Vigil claims in a story, held against what is so in the world. Pure.

truth.py      `Truth`: what came of one comparison
bill.py       what is billed, and what the device delivered
"""

from deploy.demo.truths.truth import Truth

__all__ = ["Truth"]
