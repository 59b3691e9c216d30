"""Assigning: who gets what, at the least sum of costs."""

from collections.abc import Sequence
from math import inf


def hungarian(cost: Sequence[Sequence[float]]) -> list[int]:
    """Row -> column, each column once, at the least sum; no more rows than columns.

    By shortest augmenting paths with potentials (Jonker and Volgenant 1987), O(rows² columns).
    """
    rows, columns = len(cost), len(cost[0])
    row_price, column_price = [0.0] * (rows + 1), [0.0] * (columns + 1)
    owner = [0] * (columns + 1)  # from 1; column 0 is the new row's
    for row in range(1, rows + 1):
        owner[0] = row
        column, before = _path(cost, owner, row_price, column_price)
        while column:
            owner[column] = owner[before[column]]
            column = before[column]
    found = [0] * rows
    for column in range(1, columns + 1):
        if owner[column]:
            found[owner[column] - 1] = column - 1
    return found


def _path(
    cost: Sequence[Sequence[float]],
    owner: list[int],
    row_price: list[float],
    column_price: list[float],
) -> tuple[int, list[int]]:
    """The cheapest way from the new row to a column that nobody has; changes the prices."""
    count, column = len(owner), 0
    least, seen, before = [inf] * count, [False] * count, [0] * count
    while owner[column]:
        seen[column] = True
        here, step, following = owner[column], inf, 0
        for other in range(1, count):
            if not seen[other]:
                gap = cost[here - 1][other - 1] - row_price[here] - column_price[other]
                if gap < least[other]:
                    least[other], before[other] = gap, column
                if least[other] < step:
                    step, following = least[other], other
        for other in range(count):
            if seen[other]:
                row_price[owner[other]] += step
                column_price[other] -= step
            else:
                least[other] -= step
        column = following
    return column, before
