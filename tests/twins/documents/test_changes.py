"""Changes of a kind's document: what a later one may say, and what it must not take away."""

import pytest

from twins.documents import read_kind
from twins.documents.changes import problems_between

BEFORE = """\
kind: room
schema: 1
fields:
  air_c: {type: number, range: [-40, 60]}
  door: {type: string, one_of: [open, closed]}
  fans: {type: integer}
  note: {type: string, max_length: 20}
  shelf: {type: object, fields: {top_c: {type: number}}}
  codes: {type: array, items: {type: integer, range: [0, 9]}}
settings:
  owner: {type: link, to: customer}
events:
  telemetry: {measures: [air_c, door, fans, note, shelf, codes]}
  alarm: {payload: {code: {type: integer}}}
commands:
  light: {}
"""


def between(*changes: tuple[str, str], schema: int = 2) -> list[str]:
    """What is said about these changes."""
    after = BEFORE.replace("schema: 1", f"schema: {schema}")
    for old, new in changes:
        assert old in after
        after = after.replace(old, new)
    return problems_between(read_kind(BEFORE), read_kind(after))


@pytest.mark.parametrize(
    "change",
    [
        ("settings:", "settings:\n  limit_c: {type: number}"),
        ("[-40, 60]", "[-60, 80]"),
        (", range: [-40, 60]", ""),
        ("[open, closed]", "[open, closed, ajar]"),
        (", one_of: [open, closed]", ""),
        ("fans: {type: integer}", "fans: {type: number}"),
        ("max_length: 20", "max_length: 30"),
        ("{top_c: {type: number}}", "{top_c: {type: number}, low_c: {type: number}}"),
        ("range: [0, 9]", "range: [0, 99]"),
        (", items: {type: integer, range: [0, 9]}", ""),
        ("  light: {}", "  light: {}\n  heat: {}"),
        ("  alarm:", "  moved: {}\n  alarm:"),
        ("kind: room", "kind: room\ndescription: A room."),
    ],
)
def test_a_later_document_may_add_and_widen(change: tuple[str, str]) -> None:
    """All that is stored, and all that devices send, fits it."""
    assert [] == between(change)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("[-40, 60]", "[-40, 50]"),
            "fields.air_c had the range -40 to 60, and has -40 to 50",
        ),
        (("fans: {type: integer}", "fans: {type: string}"), "fields.fans was integer, and is str"),
        (("[open, closed]", "[open]"), "fields.door could be closed, and cannot any more"),
        (("max_length: 20", "max_length: 9"), "fields.note was up to 20 long, and is up to 9"),
        (
            ("max_length: 20", "one_of: [a]"),
            "fields.note could be anything, and cannot any more",
        ),
        (("top_c:", "low_c:"), "fields.shelf.fields.top_c is gone, and twins have it"),
        (
            ("top_c: {type: number}", "top_c: {type: number, required: true}"),
            "fields.shelf.fields.top_c is required now, and was not",
        ),
        (
            ("range: [0, 9]", "range: [1, 9]"),
            "fields.codes.items had the range 0 to 9, and has 1 to 9",
        ),
        (("to: customer", "to: employee"), "settings.owner led to customer, and leads to employee"),
        (("owner:", "keeper:"), "settings.owner is gone, and twins have it"),
        (("  alarm:", "  alert:"), "events.alarm is gone, and devices send it"),
        (("{code:", "{codes_:"), "events.alarm.payload.code is gone, and devices send it"),
        (
            ("code: {type: integer}", "code: {type: integer, required: true}"),
            "events.alarm.payload.code is required now, and was not",
        ),
        (("  light: {}", "  lamp: {}"), "commands.light is gone, and rules and people give it"),
    ],
)
def test_it_takes_nothing_away(change: tuple[str, str], said: str) -> None:
    """What is gone or narrower is told."""
    (line,) = between(change)

    assert said in line


def test_the_schema_rises_with_the_fields() -> None:
    """So that an older version knows that it cannot read what a newer one stored."""
    wider = ("[-40, 60]", "[-60, 80]")

    assert ["its fields changed, and schema is 1 still; raise it by one"] == between(
        wider, schema=1
    )
    assert [] == between(("range: [-40, 60]", "range: [-40, 60], unit: Cel"), schema=1)
    assert ["schema is 1, and twins are stored in 2"] == problems_between(
        read_kind(BEFORE.replace("schema: 1", "schema: 2")), read_kind(BEFORE)
    )
