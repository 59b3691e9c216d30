"""Growth: how large an answer of a decision can get, told from its cells before it is asked.

A cell may put what it is given together, again and again: `s + s`, `[s, s]`. A node that does so
behind another one doubles what that one doubled; forty of them would fill any memory, from a
document of two pages. So each name has a bound, in letters and in depth, which follows from the
cells that give it; a decision of which the bounds are too large is refused.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from twins.rules.graph import TEXT, ExpressionContent, Found, Graph, TableContent, roots

MAX_INPUT: Final = 16 * 1024
"""Bytes of what is given to a table, as JSON."""

MAX_GROWN: Final = 2 * 1024 * 1024
"""Letters of all that the nodes of a decision can give, taken together."""

MAX_DEPTH: Final = 32
"""How deeply lists within lists can be nested in it."""

_OWN: Final = re.compile(r"\$\.([A-Za-z_]\w*)")
_JOINS: Final = frozenset("+[{")


class Bound(NamedTuple):
    """How large a value can get."""

    letters: int
    depth: int = 0


_GIVEN: Final = Bound(MAX_INPUT)


def growth_problems(graph: Graph) -> Iterator[Found]:
    """Where a decision can get too large; nothing where it cannot."""
    known: dict[str, Bound] = {}
    total = 0
    for number in graph.order():
        content = graph.content(number)
        if content is None:
            continue
        given = dict(_table(content, known) if isinstance(content, TableContent)
                     else _expressions(content, known))  # fmt: skip
        total += sum(bound.letters for bound in given.values())
        deepest = max((bound.depth for bound in given.values()), default=0)
        place = ("nodes", number)
        if total > MAX_GROWN:
            text = f"up to here its answers can grow beyond {MAX_GROWN} letters; join less with +"
            yield place, text, False
            return
        if deepest > MAX_DEPTH:
            yield place, f"lists can be nested here {deepest} deep, more than {MAX_DEPTH}", False
            return
        for name, bound in given.items():
            before = known.get(name, Bound(0))
            known[name] = Bound(max(bound.letters, before.letters), max(bound.depth, before.depth))


def _table(content: TableContent, known: Mapping[str, Bound]) -> Iterator[tuple[str, Bound]]:
    """What a table gives: of one row, or of all of them."""
    found: dict[str, Bound] = {}
    for column in content.outputs:
        cells = [_cell(row.get(column.id, ""), known, {}) for row in content.rules]
        letters = [cell.letters for cell in cells]
        name = (column.field or "").partition(".")[0]
        before = found.get(name, Bound(0))
        most = max(letters) if content.hitPolicy == "first" else sum(letters)
        depth = 1 + max(cell.depth for cell in cells)
        found[name] = Bound(before.letters + most, max(before.depth, depth))
    yield from found.items()


def _expressions(
    content: ExpressionContent, known: Mapping[str, Bound]
) -> Iterator[tuple[str, Bound]]:
    """What expressions give; each may use those before it, as `$.name`."""
    own: dict[str, Bound] = {}
    for each in content.expressions:
        name = each.key.partition(".")[0]
        cell, before = _cell(each.value, known, own), own.get(name, Bound(0))
        own[name] = Bound(before.letters + cell.letters, max(before.depth, cell.depth + 1))
    yield from own.items()


def _cell(cell: str, known: Mapping[str, Bound], own: Mapping[str, Bound]) -> Bound:
    """What one cell comes to: the largest that it names, or all of it where it joins."""
    bare = TEXT.sub("''", cell)
    used = [known.get(name, _GIVEN) for name in roots(cell)]
    used += [own.get(name, _GIVEN) for name in _OWN.findall(bare)]
    letters: Iterable[int] = [bound.letters for bound in used]
    most = sum(letters) if _JOINS & {*bare} else max(letters, default=0)
    return Bound(most + len(cell), _nested(bare) + max((one.depth for one in used), default=0))


def _nested(bare: str) -> int:
    """How many brackets are open at once."""
    depth = most = 0
    for sign in bare:
        depth += (sign in "[{") - (sign in "]}")
        most = max(most, depth)
    return most
