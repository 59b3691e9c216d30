"""Mirrors: fields of a linked twin that a twin holds a copy of, kept current through the log.

    class Vehicle(Twin, kind="vehicle"):
        mirrors = {"owner": ("tier", "language")}

        owner: CustomerId | None = None

When the link is set or changed, the vehicle tells the customer `mirror.wanted`; she answers, and
tells again whenever one of the fields changed, with `mirror.changed`. So a rule may read
`owner.tier`, and a replay reads the same. A link is followed when a message sets it, not a reading.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec import inspect as shapes

from twins.errors import BadDeclaration
from twins.handler import told
from twins.ids import TwinId
from twins.turn import Turn, current
from twins.units import Short

if TYPE_CHECKING:
    from twins.twin import Twin

MAX_WATCHERS = 256
"""So many twins at most are told what changes; those after them get the values once."""

OF = "of"
"""The key of a mirror under which the linked twin's id stands."""

MOST_NUMBERS = 3
"""Of a place: latitude, longitude, and perhaps height."""

Plain = str | int | float | bool | list[float] | None
"""What a mirrored field may hold: a value that can be compared, or a place."""


class MirrorWanted(Struct, kw_only=True, omit_defaults=True):
    """Asks a linked twin to tell some of its fields, now and whenever they change."""

    watcher: TwinId
    link: Short
    """The watcher's field that holds the link."""
    fields: list[Short]


class MirrorDropped(Struct, kw_only=True, omit_defaults=True):
    """The link leads elsewhere now."""

    watcher: TwinId
    link: Short


class MirrorChanged(Struct, kw_only=True, omit_defaults=True):
    """Tells a watcher the fields that it wanted."""

    of: TwinId
    link: Short
    fields: dict[str, Plain]
    live: bool = True
    """False: too many watch already, so later changes are not told."""


def linked_kind(cls: type, link: str) -> str:
    """The kind that a field links to, as its type says (`CustomerId`)."""
    shape = shapes.type_info(cls)
    assert isinstance(shape, shapes.StructType)
    found = next((field.type for field in shape.fields if field.name == link), None)
    options = found.types if isinstance(found, shapes.UnionType) else (found,)
    for one in options:
        if isinstance(one, shapes.Metadata) and one.extra and "link" in one.extra:
            return str(one.extra["link"])
    raise BadDeclaration(
        f"{cls.__name__} mirrors {link!r}, which is no link; annotate the field with an id type of "
        "twins.ids, for example CustomerId | None"
    )


# -- the watching twin ---------------------------------------------------------------------------


def follow(twin: "Twin", mirrors: Mapping[str, tuple[str, ...]], turn: Turn) -> None:
    """After a message was handled: ask whoever a link leads to now, and no longer whom it left."""
    mirror = twin.mirror
    for link, names in mirrors.items():
        target = getattr(twin, link)
        held = mirror.get(link) if mirror else None
        if held is None:
            if target is None:
                continue
        elif held[OF] == target and held.keys() >= {*names}:
            continue
        elif held[OF] != target:
            turn.tell(held[OF], "mirror.dropped", MirrorDropped(watcher=twin.id, link=link))
        if mirror is None:
            mirror = twin.mirror = {}
        if target is None:
            del mirror[link]
            continue
        mirror[link] = {OF: target, **dict.fromkeys(names)}
        wanted = MirrorWanted(watcher=twin.id, link=link, fields=list(names))
        turn.tell(target, "mirror.wanted", wanted)
    if mirror is not None and not mirror:
        twin.mirror = None


@told("mirror.changed")
def mirror_changed(self: Any, changed: MirrorChanged) -> None:
    """Keep what a linked twin says; what an earlier one says late does not count."""
    held = (self.mirror or {}).get(changed.link)
    if held is None or held[OF] != changed.of:
        return
    held.update({name: value for name, value in changed.fields.items() if name in held})
    held.pop("live", None)
    if not changed.live:
        held["live"] = False


# -- the linked twin -----------------------------------------------------------------------------


@told("mirror.wanted")
def mirror_wanted(self: Any, wanted: MirrorWanted) -> None:
    """Remember who watches, and tell how it stands."""
    known = self.__struct_fields__
    fields = [name for name in wanted.fields if name in known]
    watched = self.watched or {}
    key = f"{wanted.watcher} {wanted.link}"
    live = key in watched or len(watched) < MAX_WATCHERS
    if live:
        watched[key] = fields
        self.watched = watched
    _tell(self, current(), key, {name: _plain(getattr(self, name)) for name in fields}, live=live)


@told("mirror.dropped")
def mirror_dropped(self: Any, dropped: MirrorDropped) -> None:
    """Forget who watched."""
    watched = self.watched
    if watched and watched.pop(f"{dropped.watcher} {dropped.link}", None) is not None:
        self.watched = watched or None


def snapshot(twin: "Twin") -> dict[str, Any]:
    """The fields that are watched, before an event is handled."""
    names = dict.fromkeys(name for names in (twin.watched or {}).values() for name in names)
    return {name: _plain(getattr(twin, name)) for name in names}


def _plain(value: Any) -> Plain:
    """The value where it is one that can be compared, or a place; nothing else is told."""
    if isinstance(value, tuple) and len(value) <= MOST_NUMBERS:
        return list(value) if all(isinstance(one, int | float) for one in value) else None
    return value if isinstance(value, str | int | float) else None


def tell_watchers(twin: "Twin", before: Mapping[str, Any], turn: Turn) -> None:
    """After an event was handled: tell each watcher the fields of its that changed."""
    after = snapshot(twin)
    changed = {name: now for name, now in after.items() if now != before.get(name)}
    if not changed:
        return
    for key, names in (twin.watched or {}).items():
        its = {name: changed[name] for name in names if name in changed}
        if its:
            _tell(twin, turn, key, its)


def _tell(twin: "Twin", turn: Turn, key: str, fields: dict[str, Any], *, live: bool = True) -> None:
    watcher, _, link = key.partition(" ")
    news = MirrorChanged(of=twin.id, link=link, fields=fields, live=live)
    turn.tell(watcher, "mirror.changed", news)
