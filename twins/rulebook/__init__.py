"""The rulebook: the published rules of one kind, and how they change.

- `rulebook`: the twin `rulebook/<kind>` that keeps drafts and versions, and publishes
- `live`: the twin `partition/<p>` that says what is live in a partition
- `messages`: what it is asked, and what it tells every partition and hears back
- `pages`, `compiling`: rules as they were written, what is wrong with them, and what runs
"""

from twins.rulebook.live import Hits, LiveRules, LiveSet
from twins.rulebook.rulebook import Draft, Edition, Rulebook, Standing

__all__ = ["Draft", "Edition", "Hits", "LiveRules", "LiveSet", "Rulebook", "Standing"]
