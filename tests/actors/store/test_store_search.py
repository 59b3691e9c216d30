"""Search over all partitions: what is found, its order, and its pages."""

import random
from typing import Any

import msgspec
import pytest
from store_kit import PARTITIONS, head, twin

from actors.errors import BadFilter
from actors.store.base import Checkpoint, Found, Ownership, Store, TwinRow
from actors.store.filter import matches, parse


@pytest.fixture
def fleet(store: Store) -> dict[str, dict[str, Any]]:
    """Sixty twins of mixed states over all partitions, committed; id -> state."""
    chance = random.Random(7)
    values = [None, 1, 2, 2.5, -3, True, False, "a", "b", "é", "B", [1], {"x": 1}, 10**12]
    states: dict[str, dict[str, Any]] = {}
    for n in range(60):
        state: dict[str, Any] = {"n": n % 7, "p": {"lat": n / 4}}
        if chance.random() < 0.8:
            state["mixed"] = chance.choice(values)
        states[f"{chance.choice(['vehicle', 'vehicle2', 'customer'])}/k{n}"] = state
    for partition in range(PARTITIONS):
        if partition:
            store.assign(0, Ownership(partition))
        rows = [
            twin(twin_id, 9, **state)
            for index, (twin_id, state) in enumerate(states.items())
            if index % PARTITIONS == partition
        ]
        store.commit(Checkpoint(head(9, partition=partition, now=100.0 - partition), rows))
    return states


def _all_pages(store: Store, where: str, sort: str | None, limit: int) -> list[Found]:
    found: list[Found] = []
    cursor = None
    while True:
        page = store.search(where, sort=sort, limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found


@pytest.mark.parametrize(
    "where",
    ["", "kind = vehicle", "kind = vehicle and n > 2", "not mixed = 2", "mixed in (2, a, null)"],
)
def test_search_finds_what_matches(
    store: Store, fleet: dict[str, dict[str, Any]], where: str
) -> None:
    """A search finds just the twins that the filter's meaning says, with their states, by id."""
    tree = parse(where)
    expected = [Found(i, 9, s) for i, s in sorted(fleet.items()) if matches(tree, i, s)]

    actual = _all_pages(store, where, None, 7)

    assert expected
    assert expected == actual
    assert len(expected) == store.count(where)


def _rank(value: Any) -> tuple[int, Any]:
    """The documented order: nothing, numbers and booleans, then text."""
    if value is None:
        return 0, 0
    if isinstance(value, int | float):
        return 1, value
    return 2, value if isinstance(value, str) else msgspec.json.encode(value).decode()


@pytest.mark.parametrize("limit", [1, 7, 60])
@pytest.mark.parametrize("sort", ["n", "-n", "mixed", "-mixed", "-p.lat", "-key", "nothing"])
def test_pages_are_sorted_and_complete(
    store: Store, fleet: dict[str, dict[str, Any]], sort: str, limit: int
) -> None:
    """Pages follow one another in order over all partitions: no row twice, none left out."""

    def value(twin_id: str) -> Any:
        state = fleet[twin_id]
        fields = {**state, "key": twin_id.split("/")[1], "p.lat": state["p"]["lat"]}
        return _rank(fields.get(sort.removeprefix("-")))

    expected = sorted(sorted(fleet), key=value, reverse=sort.startswith("-"))

    actual = [found.id for found in _all_pages(store, "", sort, limit)]

    assert expected == actual


def test_page_is_as_old_as_the_oldest_checkpoint(
    store: Store, fleet: dict[str, dict[str, Any]]
) -> None:
    """`as_of` is the least `now` of the heads searched."""
    assert fleet
    assert store.search("").as_of == 97.0


def test_sealed_twins_are_not_searched(store: Store) -> None:
    """What is sealed, or is no JSON, is never found, and hides nothing else."""
    rows = [
        twin("customer/plain", n=1),
        twin("customer/sealed", key_id=3, n=1),
        TwinRow("customer/bytes", 1, 1, 3, b"\xff", b""),
        TwinRow("customer/broken", 1, 1, 0, b"{", b""),
    ]
    store.commit(Checkpoint(head(), rows))

    found = store.search("not n > 5", sort="n")

    assert [Found("customer/plain", 1, {"n": 1})] == found.items
    assert store.count("") == 1


def test_damaged_cursor_is_refused(store: Store, fleet: dict[str, dict[str, Any]]) -> None:
    """Any change to a cursor, or to the search that it belongs to, is an error of the caller."""
    assert fleet
    cursor = store.search("n > 1", sort="n", limit=5).cursor
    assert cursor is not None
    damaged = [
        cursor[:at] + ("B" if letter == "A" else "A") + cursor[at + 1 :]
        for at, letter in enumerate(cursor)
    ]

    for text in [*damaged, cursor[:-1], cursor + "=", cursor + "A", "", "é", "AAAA"]:
        with pytest.raises(BadFilter, match="cursor: damaged"):
            store.search("n > 1", sort="n", limit=5, cursor=text)
    with pytest.raises(BadFilter, match="another filter or sort"):
        store.search("n > 2", sort="n", limit=5, cursor=cursor)
    with pytest.raises(BadFilter, match="another filter or sort"):
        store.search("n > 1", sort="-n", limit=5, cursor=cursor)


@pytest.mark.parametrize(
    ("where", "sort", "limit"),
    [("n >", None, 5), ("n = 1", "n'", 5), ("n = 1", None, 0), ("n = 1", None, 1001)],
)
def test_bad_search_is_refused(store: Store, where: str, sort: str | None, limit: int) -> None:
    """Filter, sort and limit are checked before anything is read."""
    with pytest.raises(BadFilter):
        store.search(where, sort=sort, limit=limit)
