"""Learning: each contact that can be answered is an experiment, and the next ones are better.

- `engagement`: the twin `engagement/<what she is told>` that advises, and hears what came of it
- `arms`: what is known of each channel, time and wording; `choosing`: which is taken
- `draws`: chance that is made of ids, so that a replay draws the same
- `messages`: what persons and learners say to each other; `settings`: what people may set
"""

from twins.learning.engagement import Engagement
from twins.learning.settings import LearningSettings

__all__ = ["Engagement", "LearningSettings"]
