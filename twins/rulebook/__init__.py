"""The rulebook: the published rules of one kind, and how they change.

- `rulebook`: the twin `rulebook/<kind>` that keeps drafts and versions, and publishes
- `messages`: what it is asked, and what it tells every partition and hears back
- `pages`: rules as they were written, and what is wrong with them
"""

from twins.rulebook.rulebook import Draft, Edition, Rulebook, Standing

__all__ = ["Draft", "Edition", "Rulebook", "Standing"]
