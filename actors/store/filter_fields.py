"""What a filter names that no twin of its kind can have: a typing error, told before it finds none.

    kind = vehicle and colant_c > 100      a vehicle has no field colant_c; did you mean coolant_c?

Only where the filter says which kind it is about; without, any twin might have the field.
"""

from collections.abc import Iterator
from difflib import get_close_matches

from actors.errors import BadFilter
from actors.store.filter import parse
from actors.store.filter_tree import And, Compare, Field, Filter, Not, Or
from twins.kind import KINDS

_KIND = Field(("kind",))


def check_fields(where: str) -> None:
    """Raise `BadFilter` for a field, or a kind, that does not exist, with the nearest that does."""
    tree = parse(where)
    name = _kind_of(tree)
    if name is None:
        return
    kind = KINDS.get(name)
    if kind is None:
        near = get_close_matches(name, KINDS, 1)
        if near:
            # Without a near one it may be a kind that is not loaded any more.
            raise BadFilter(f"there is no kind {name}; did you mean {near[0]}?")
        return
    known = kind.cls.__struct_fields__
    for field in _fields(tree):
        if not field.pseudo and field.path[0] not in known:
            near = get_close_matches(field.path[0], known, 1)
            hint = f"did you mean {near[0]}?" if near else f"see `vigil fields {name}`"
            raise BadFilter(f"a {name} has no field {field.path[0]}; {hint}")


def _kind_of(tree: Filter) -> str | None:
    """The kind that every twin which is found must be of; None: the filter does not say."""
    parts = tree.parts if isinstance(tree, And) else (tree,)
    for part in parts:
        if isinstance(part, Compare) and part.field == _KIND and part.op == "=":
            return str(part.value)
    return None


def _fields(tree: Filter) -> Iterator[Field]:
    if isinstance(tree, And | Or):
        for part in tree.parts:
            yield from _fields(part)
    elif isinstance(tree, Not):
        yield from _fields(tree.part)
    else:
        yield tree.field
