"""Messages of rulebooks: calls that change rules, and how partitions hear of it and answer."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from twins.units import Text

RuleName = Annotated[str, Meta(min_length=1, max_length=64)]
"""What a rule is called; its document says it under `rule`."""

DraftId = Annotated[str, Meta(pattern=r"^d[1-9][0-9]{0,8}$")]

Person = Annotated[str, Meta(min_length=1, max_length=200)]
"""Who does it: the name that a person goes by among those who share the operator's token."""

Number = Annotated[int, Meta(ge=0, le=2**53)]
"""A version; 0 is the book before anything was published."""

PUBLISHED = "rules.published"
APPLIED = "rules.applied"
REFUSED = "rules.refused"


class Page(Struct, kw_only=True, omit_defaults=True, frozen=True, forbid_unknown_fields=True):
    """One rule."""

    document: dict[str, Any]
    text: str = ""
    """As its author wrote it (YAML), with comments; empty where it came without."""


class DraftRequest(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`rules.draft`: write a new draft, or go on with one. Any change takes back an approval."""

    by: Person
    note: Text = ""
    """Why."""
    base: Number | None = None
    """The version that the changes were made from; None is the one published now."""
    put: list[Page] = []
    """Rules to add, or to write anew."""
    remove: list[RuleName] = []
    draft: DraftId | None = None
    """A draft to add these changes to; a large one comes in several calls."""


class ApproveRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """`rules.approve`: a second person agrees to a draft."""

    draft: DraftId
    by: Person


class DiscardRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """`rules.discard`: throw a draft away."""

    draft: DraftId
    by: Person


class PublishRequest(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`rules.publish`: make a draft the next version."""

    draft: DraftId
    by: Person
    approval: bool
    """Whether the settings ask for a second person (`rules.approval`); the edge knows them."""
    force: bool = False
    """Publish onto a version that the draft was not made from."""


class RollbackRequest(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`rules.rollback`: publish an earlier version again, as the next one."""

    version: Number
    by: Person
    note: Text = ""


class ShowRequest(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`rules.show`: the rules of a version; None is the one published now."""

    version: Number | None = None


class Published(Struct, kw_only=True):
    """`rules.published`, to every partition: from here on these are the rules of a kind."""

    kind: str
    version: Number
    documents: list[dict[str, Any]]


class VersionApplied(Struct, kw_only=True):
    """`rules.applied`, a partition's answer: the version is live in it since `position`."""

    kind: str
    partition: int
    version: Number
    position: int


class VersionRefused(Struct, kw_only=True):
    """`rules.refused`, a partition's answer: its code cannot run the version; the old one stays."""

    kind: str
    partition: int
    version: Number
    position: int
    problem: Text
