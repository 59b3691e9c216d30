"""Choosing: Thompson sampling, with a floor of exploration and a share that is not steered.

Of each option's rate a value is drawn from what is known of it (a beta distribution), and the
option with the highest is taken: so what is likely to be best is taken as often as it is likely.
Each dimension is drawn by itself. What is known of other segments counts as up to `SHARED`
contacts, so that a new one does not begin from nothing; what any option comes to, as `USUAL`.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from twins.learning.arms import DAY_S, EVERYBODY, Known, Segment
from twins.learning.draws import Draws
from twins.learning.messages import Arm, Dimension, How
from twins.learning.settings import LearningSettings

SHARED: Final = 4.0
"""So many contacts count what other segments know of an option."""

USUAL: Final = 2.0
"""So many contacts count what any option comes to."""

SHARP: Final = 4.0
"""What is known is drawn from as if it were so many times as much (Chapelle and Li 2011, posterior
reshaping): less is spent on trying what is hardly likely, which the floor of exploration still
does. Decision 018 has the figures."""

Options = Mapping[Dimension, Sequence[Arm]]
Taken = dict[Dimension, Arm]

_NOTHING: Final = Known()


def choose(
    segments: Mapping[str, Segment], segment: str, options: Options, settings: LearningSettings,
    now: float, contact: str,
) -> tuple[How, Taken]:  # fmt: skip
    """What is taken of each dimension, and how it came to that.

    Args:
        segments: What is known.
        segment: Hers.
        options: By dimension, that of the fixed policy first.
        settings: The shares, and how fast is forgotten.
        now: Log time.
        contact: What chance is drawn from: constant, and of this contact alone.
    """
    options = {dimension: arms for dimension, arms in options.items() if arms}
    share = Draws(contact, "how").uniform()
    if share < settings.control:
        return "control", fixed(options)
    if share >= 1.0 - settings.exploration:
        taken = {
            dimension: arms[Draws(contact, "any", dimension).below(len(arms))]
            for dimension, arms in options.items()
        }
        return "explored", taken
    half_s = settings.half_days * DAY_S
    all_, hers = segments.get(EVERYBODY, {}), segments.get(segment, {})
    if segment == EVERYBODY:
        hers = {}
    taken = {}
    for dimension, arms in options.items():
        known, own = all_.get(dimension, {}), hers.get(dimension, {})
        mean = _mean(known, now, half_s)
        drawn = [
            _draw(known.get(arm, _NOTHING), own.get(arm, _NOTHING), mean, now, half_s,
                  Draws(contact, dimension, arm))
            for arm in arms
        ]  # fmt: skip
        taken[dimension] = arms[drawn.index(max(drawn))]
    return "learned", taken


def fixed(options: Options) -> Taken:
    """What is taken where nothing is learned."""
    return {dimension: arms[0] for dimension, arms in options.items() if arms}


def _draw(
    everybody: Known, hers: Known, mean: float, now: float, half_s: float, draws: Draws
) -> float:
    good, all_ = hers.counts(now, half_s)
    good_all, all_all = everybody.counts(now, half_s)
    # The others: everybody without hers. Never negative: sums of the same, rounded differently.
    others = max(0.0, all_all - all_)
    share = min(1.0, max(0.0, good_all - good) / others) if others > 0.0 else 0.0
    weight = min(SHARED, others)
    alpha = USUAL * mean + weight * share + good
    beta = USUAL * (1.0 - mean) + weight * (1.0 - share) + max(0.0, all_ - good)
    return draws.beta(SHARP * alpha, SHARP * beta)


def _mean(arms: Mapping[Arm, Known], now: float, half_s: float) -> float:
    """What any option comes to; a half where nothing is known."""
    counts = [known.counts(now, half_s) for known in arms.values()]
    return (1.0 + sum(good for good, _ in counts)) / (2.0 + sum(all_ for _, all_ in counts))
