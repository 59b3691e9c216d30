"""Cells: the marks that recognise repeats, and what a twin is between two processes."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.feed import told
from support.model import Numbers
from support.probes import Probe

from actors.cell import (
    KNOWN_IDS,
    MAX_SOURCES,
    WINDOW,
    Book,
    Cell,
    await_outcome,
    encode_state,
    take_outcome,
)
from actors.cell import take_id as takes_id
from actors.cell import take_number as takes_number
from actors.parked import Parked, Part
from actors.store.base import TwinRow
from twins.errors import BadDeclaration, Unstorable

GREATEST = 2**63 - 1


def test_numbers_in_order_are_all_new() -> None:
    """A device that sends in order has every number taken, once."""
    book = Book()

    assert [True] * 500 == [takes_number(book, None, 1, n) for n in range(500)]
    assert (0, 0, 0) == (book.duplicates, book.below, book.reordered)


@pytest.mark.parametrize("behind", range(1, WINDOW + 1))
def test_a_number_in_the_window_is_taken_once(behind: int) -> None:
    """Each of the 64 numbers below the highest is new once, and a repeat the second time."""
    book = Book()
    takes_number(book, None, 1, 1000)

    assert [True, False] == [takes_number(book, None, 1, 1000 - behind) for _ in range(2)]
    assert (1, 1) == (book.reordered, book.duplicates)


def test_a_number_below_the_window_is_refused_and_counted() -> None:
    """What lies more than 64 below the highest is neither new nor known."""
    book = Book()
    takes_number(book, None, 1, 1000)

    assert not takes_number(book, None, 1, 1000 - WINDOW - 1)
    assert (1, 0) == (book.below, book.duplicates)


@pytest.mark.parametrize("leap", [1, 2, 63, 64, 65, 66, 10_000, 10**12, GREATEST])
def test_a_leap_keeps_what_stays_in_the_window(leap: int) -> None:
    """After a leap, the numbers left behind are known if they are near, and refused if not."""
    book = Book()
    takes_number(book, None, 1, 0)
    takes_number(book, None, 1, leap)

    assert not takes_number(book, None, 1, 0)
    assert (leap <= WINDOW, leap > WINDOW) == (book.duplicates == 1, book.below == 1)


def test_a_leap_costs_no_memory() -> None:
    """A number from outside does not decide how large the window's integer gets."""
    book = Book()
    takes_number(book, None, 1, 0)
    takes_number(book, None, 1, GREATEST)
    assert book.own is not None

    assert 0 == book.own.window


def test_a_new_boot_begins_anew_and_an_old_one_is_refused() -> None:
    """After a restart the device counts from anywhere; what it sent before is over."""
    book = Book()
    takes_number(book, None, 1, 70)

    assert takes_number(book, None, 2, 0)
    assert not takes_number(book, None, 1, 71)
    assert takes_number(book, None, 2, 1)
    assert 1 == book.below


def test_sources_are_counted_apart() -> None:
    """Two sources may use the same numbers; neither is the twin's own."""
    book = Book()

    assert all(takes_number(book, source, 1, 5) for source in (None, "hub", "phone"))
    assert not any(takes_number(book, source, 1, 5) for source in (None, "hub", "phone"))


def test_a_source_too_many_displaces_nobody() -> None:
    """The first 64 sources, and the twin's own, are known for ever, whoever comes after them."""
    book = Book()
    sources = [None, *(f"s{number}" for number in range(MAX_SOURCES))]
    first = [takes_number(book, source, 1, 7) for source in sources]
    for number in range(3 * MAX_SOURCES):
        takes_number(book, f"new{number}", 1, 7)
    assert book.others is not None

    assert [True] * len(sources) == first
    assert MAX_SOURCES == len(book.others)
    assert not any(takes_number(book, source, 1, 7) for source in sources)


def test_a_source_too_many_is_recognised_by_its_ids() -> None:
    """What a 65th source sends counts once among the twin's next 32 ids, as the README says."""
    book = Book()
    for number in range(MAX_SOURCES):
        takes_number(book, f"s{number}", 1, 7)
    assert takes_number(book, "late", 1, 7)
    for number in range(KNOWN_IDS - 1):
        assert takes_number(book, "late", 1, 8 + number)

    assert not takes_number(book, "late", 1, 7)
    assert takes_number(book, "late", 1, 8 + KNOWN_IDS)
    assert takes_number(book, "late", 1, 7)


def test_an_open_effect_is_found_among_others() -> None:
    """Marks are found at their places only, not where two neighbours look like a third."""
    book = Book(open=b"")
    marks = ["0011223344556677", "8899aabbccddeeff", "2233445566778899"]
    across = "4455667788" + "99aabb"
    for mark in marks:
        await_outcome(book, mark)

    assert not take_outcome(book, across)
    assert [True, False] == [take_outcome(book, marks[1]) for _ in range(2)]
    assert [True, True] == [take_outcome(book, mark) for mark in (marks[2], marks[0])]
    assert b"" == book.open


@pytest.mark.parametrize("odd", ["", "e1", "00", "nothexadecimal!!", "00112233445566778899"])
def test_an_outcome_of_no_effect_is_none(odd: str) -> None:
    """Whatever stands where an effect's id should."""
    book = Book(open=b"")
    await_outcome(book, "0011223344556677")

    assert not take_outcome(book, odd)
    assert 1 == book.duplicates


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.one_of(st.integers(0, 150), st.integers(0, 300), st.integers(0, GREATEST)),
        ),
        max_size=120,
    )
)
@example([(0, 0), (0, 64), (0, 0), (0, 65), (0, 1), (0, 0)])
def test_the_window_is_as_good_as_remembering_everything(sent: list[tuple[int, int]]) -> None:
    """Against an oracle that keeps every number: the same ones are taken, whatever the order."""
    book = Book()
    oracle = Numbers(sent[0][0] if sent else 0)

    assert [oracle.take(*number) for number in sent] == [
        takes_number(book, None, *number) for number in sent
    ]


@settings(max_examples=25)
@given(st.randoms(use_true_random=False), st.integers(1, WINDOW))
def test_at_most_64_in_flight_are_each_taken_once(chance: random.Random, flight: int) -> None:
    """A client that keeps at most 64 in flight loses nothing and repeats nothing."""
    book = Book()
    taken: list[int] = []
    waiting: list[int] = []
    following = 0
    while len(taken) < 300:
        while len(waiting) < flight and following < waiting[0] + flight if waiting else True:
            waiting.append(following)
            following += 1
        number = chance.choice(waiting)
        if takes_number(book, None, 1, number):
            taken.append(number)
        if chance.random() < 0.7:
            waiting.remove(number)
            waiting.sort()
    done = set(range(following)) - set(waiting)

    assert len(taken) == len(set(taken))
    assert done <= set(taken)
    assert 0 == book.below


def test_an_id_is_known_among_the_last_32() -> None:
    """An id counts once as long as fewer than 32 others have come since."""
    book = Book()
    assert takes_id(book, b"first")
    for number in range(KNOWN_IDS - 1):
        assert takes_id(book, b"%d" % number)

    assert not takes_id(book, b"first")
    assert takes_id(book, b"one more")
    assert takes_id(book, b"first")
    assert 1 == book.duplicates


def test_a_cell_comes_back_as_it_was() -> None:
    """State, book and position survive the store's row."""
    cell = Cell("probe/p1", Probe(key="p1", a=1.5, trace=["x"]), Book(), 17)
    takes_number(cell.book, None, 3, 9)
    takes_number(cell.book, "hub", 3, 9)
    takes_id(cell.book, b"id")
    word = told("probe/p1", "word", {})
    cell.book.parked = Parked("why", 16, "note", 5.0, [word], [4.5], Part([word], [4.6]), 2, 5)
    cell.book.shelf = Part([word], [4.7])
    cell.book.open = b"12345678"
    back = Cell.load(cell.row())

    assert (cell.id, cell.position, cell.twin, cell.book) == (
        back.id, back.position, back.twin, back.book,
    )  # fmt: skip
    assert cell.row() == back.row()


def test_a_row_of_newer_code_is_refused() -> None:
    """A state that this code does not know is not guessed at."""
    row = Cell("probe/p1", Probe(key="p1"), Book(), 1).row()
    newer = TwinRow(row.id, row.position, row.schema + 1, row.key_id, row.state, row.book)

    with pytest.raises(BadDeclaration, match="start the newer version"):
        Cell.load(newer)


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), -float("inf"), object(), 2**64, [{"deep": [float("nan")]}]],
)
def test_a_state_that_would_not_come_back_is_refused(value: object) -> None:
    """What the store cannot keep as it is must not get into a state."""
    with pytest.raises(Unstorable, match="probe/p1"):
        encode_state(Probe(key="p1", bag={"value": value}))


@given(st.binary(), st.floats(allow_nan=False, allow_infinity=False), st.text())
@example(b"\xcb\x7f\xff\xcb\xff\xff", 1.7e308, "x")
def test_any_other_state_is_kept(octets: bytes, number: float, text: str) -> None:
    """Bytes that look like an infinity inside of a text or of bytes are none."""
    twin = Probe(key="p1", a=number, bag={"octets": octets, "text": text})

    assert twin.kind.decode_state(encode_state(twin)) == twin
