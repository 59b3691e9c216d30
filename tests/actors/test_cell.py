"""Cells: the marks that recognise repeats, and what a twin is between two processes."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.feed import told
from support.model import Numbers
from support.probes import Probe

from actors.cell import KNOWN_IDS, MAX_SOURCES, WINDOW, Book, Cell, Parked, encode_state
from actors.cell import take_id as takes_id
from actors.cell import take_number as takes_number
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


def test_the_source_that_was_silent_longest_goes() -> None:
    """Of more than 16 sources the least recently heard is forgotten, and the twin's own never."""
    book = Book()
    takes_number(book, None, 1, 7)
    for number in range(MAX_SOURCES):
        takes_number(book, f"s{number}", 1, 7)
    takes_number(book, "s0", 1, 8)
    takes_number(book, "new", 1, 7)
    assert book.others is not None

    assert MAX_SOURCES == len(book.others)
    assert "s1" not in book.others
    assert "s0" in book.others
    assert not takes_number(book, None, 1, 7)


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
    cell.book.parked = Parked("why", 16, "note", 5.0, [told("probe/p1", "word", {})], [4.5])
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
