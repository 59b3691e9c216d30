"""Compare: two runs of one incident, step beside step."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from actors.supervisors.arrangement import Step

Pair = tuple[Step | None, Step | None]
"""The real step and the simulated one; None: there is none that fits."""


def paired(real: Sequence[Step], simulated: Sequence[Step]) -> list[Pair]:
    """Steps of the same name and twin stand side by side, in the order of both runs."""
    ours, theirs = ([(step.name, step.twin_id) for step in run] for run in (real, simulated))
    found: list[Pair] = []
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    for same, begin, end, other_begin, other_end in matcher.get_opcodes():
        if same == "equal":
            found += zip(real[begin:end], simulated[other_begin:other_end], strict=True)
        else:
            found += [(step, None) for step in real[begin:end]]
            found += [(None, step) for step in simulated[other_begin:other_end]]
    return found
