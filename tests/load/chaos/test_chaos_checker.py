"""The comparison finds what is lost, doubled or out of order, wherever it happened."""

from zlib import crc32

import msgspec
import pytest

from load.chaos.checker import Found, Holds, compare
from load.chaos.devices import Told
from load.chaos.written import Line, Written

CAR = "vehicle/v1"
PAYLOADS = {1: b"one", 2: b"two", 3: b"three"}


def line(*numbers: int) -> Line:
    """A log in which these stand in this order, at the positions 1, 2, and so on."""
    made = Line()
    for position, number in enumerate(numbers, 1):
        made.take(number, position, PAYLOADS[number])
    return made


def twin(*numbers: int, reordered: int = 0) -> Holds:
    """A twin that handled these in this order."""
    digest = 0
    for number in numbers:
        digest = crc32(PAYLOADS[number], digest)
    return Holds(len(numbers), digest, len(numbers), reordered)


def told(sent: int = 3, **acknowledged: int) -> Told:
    """A device's book: `n2=4` says that number 2 was acknowledged at position 4."""
    return Told(sent, {int(name[1:]): position for name, position in acknowledged.items()})


ALL = told(n1=1, n2=2, n3=3)


def found(book: Told, log: Line, holds: Holds) -> Found:
    """What the comparison of one car finds, without its words."""
    result = compare({CAR: book}, Written({CAR: log}), {CAR: holds})
    assert bool(result.problems) == (
        result.lost + result.duplicated + result.out_of_order + result.refused > 0
    )
    return msgspec.structs.replace(result, problems=[])


def test_nothing_is_wrong_where_all_agree() -> None:
    """Repeats in the log are no fault: twins know them."""
    assert Found(acknowledged=3, applied=3) == found(ALL, line(1, 2, 3, 1), twin(1, 2, 3))


def test_what_nobody_heard_of_may_be_there_or_not() -> None:
    """A device that was told nothing of its last message cannot call it lost."""
    book = told(n1=1, n2=2)

    assert Found(acknowledged=2, applied=2) == found(book, line(1, 2), twin(1, 2))
    assert Found(acknowledged=2, applied=3) == found(book, line(1, 2, 3), twin(1, 2, 3))


@pytest.mark.parametrize(
    ("book", "log", "holds", "expected"),
    [
        # The log has forgotten what it had acknowledged.
        (ALL, line(1, 3), twin(1, 3), Found(3, 2, lost=1)),
        # It was acknowledged before it was there.
        (told(n1=1, n2=2, n3=2), line(1, 2, 3), twin(1, 2, 3), Found(3, 3, lost=1)),
        # The twin has left one out.
        (ALL, line(1, 2, 3), twin(1, 3), Found(3, 2, lost=2)),
        # The twin has handled one twice.
        (ALL, line(1, 2, 3), twin(1, 2, 2, 3), Found(3, 4, duplicated=2)),
        # Somebody else has written under the device's name.
        (told(2, n1=1, n2=2), line(1, 2, 3), twin(1, 2, 3), Found(2, 3, duplicated=1)),
        # The log has them in another order, and the twin takes them so.
        (ALL, line(1, 3, 2), twin(1, 3, 2, reordered=1), Found(3, 3, lost=1, out_of_order=2)),
        # The log is right, and the twin has handled them in another order.
        (ALL, line(1, 2, 3), twin(1, 3, 2), Found(3, 3, out_of_order=1)),
        # One was refused for good.
        (Told(3, {1: 1, 2: 2}, {3: "no"}), line(1, 2), twin(1, 2), Found(2, 2, refused=1)),
    ],
)
def test_what_is_wrong_is_found(book: Told, log: Line, holds: Holds, expected: Found) -> None:
    """Each is counted, and named."""
    assert expected == found(book, log, holds)


def test_a_twin_that_hears_from_others_is_counted_by_its_device_alone() -> None:
    """Outcomes of its effects are handled, too, and are in its digest."""
    id_ = "errand/e1"
    holds = Holds(applied=9, digest=1, numbered=3, reordered=0)
    result = compare({id_: ALL}, Written({id_: line(1, 2, 3)}), {id_: holds})

    assert Found(acknowledged=3, applied=3) == result


def test_a_parked_twin_is_named() -> None:
    """Whatever its counts say."""
    holds = msgspec.structs.replace(twin(1, 2, 3), parked="it raised")
    result = compare({CAR: ALL}, Written({CAR: line(1, 2, 3)}), {CAR: holds})

    assert [f"{CAR} is parked: it raised"] == result.problems


def test_who_sent_nothing_is_not_looked_at() -> None:
    """Its twin need not be there."""
    assert Found() == compare({CAR: Told()}, Written(), {})
