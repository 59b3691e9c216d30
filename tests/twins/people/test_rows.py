"""Rows of a table: what they mean, and where they mean nothing."""

import pytest

from twins.people.rows import BadRow, events_of, unknown_columns
from twins.testing import Trial

ROW = {
    "id": "c-17", "name": "Aino", "language": "fi", "email": "aino@example.com",
    "phone": "040 123 4567", "country": "FI", "lifetime_value": "1250.50",
    "latitude": "60.17", "longitude": "24.94", "tier": "",
    "consent_marketing": "yes", "consent_web": "no", "consent_at": "2026-03-01T12:00:00+02:00",
    "consent_text": "v3",
}  # fmt: skip


def imported(row: dict[str, str], times: int = 1) -> Trial:
    """A customer that was imported so often."""
    trial = Trial(f"customer/{row['id']}")
    for _ in range(times):
        for event in events_of(row):
            trial.tell(event.type, event.data)
    return trial


def test_a_row_is_a_customer() -> None:
    """With what her cells say; an empty one says nothing."""
    twin = imported(ROW).twin

    assert (twin.name, twin.language, twin.tier) == ("Aino", "fi", "")
    assert [(way.channel, way.address) for way in twin.channels] == [
        ("email", "aino@example.com"), ("sms", "+358401234567"),
    ]  # fmt: skip
    assert (twin.lifetime_value_cents, twin.position) == (125_050, (60.17, 24.94))
    assert twin.allows("marketing")
    assert not twin.allows("web")
    assert twin.consents["marketing"].at == 1_772_359_200.0


def test_importing_again_changes_nothing() -> None:
    """However often."""
    assert imported(ROW).twin == imported(ROW, times=3).twin


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"id": "c 17"}, "id"),
        ({"id": ""}, "id"),
        ({"language": "Deutsch!"}, "language"),
        ({"country": "Finland"}, "country"),
        ({"insurer": "dealer/d1"}, "insurer"),
        ({"email": "none"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"lifetime_value": "1,250.50"}, "lifetime_value"),
        ({"lifetime_value": "0.005"}, "lifetime_value"),
        ({"lifetime_value": "NaN"}, "lifetime_value"),
        ({"lifetime_value": "1e999999"}, "lifetime_value"),
        ({"latitude": "north"}, "latitude"),
        ({"longitude": ""}, "longitude"),
        ({"calendar_feed": "ftp://x"}, "calendar_feed"),
        ({"consent_marketing": "maybe"}, "consent_marketing"),
        ({"consent_at": "yesterday"}, "consent_at"),
        ({"consent_at": "2026-03-01T12:00:00"}, "consent_at"),
        ({"consent_text": ""}, "consent_text"),
    ],
)
def test_what_means_nothing_is_told_with_its_column(cells: dict[str, str], column: str) -> None:
    """And no other one with it."""
    with pytest.raises(BadRow) as bad:
        events_of({**ROW, **cells})

    assert column in [cell.column for cell in bad.value.cells]


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Nobody wants to mend a table mistake by mistake."""
    with pytest.raises(BadRow) as bad:
        events_of({**ROW, "language": "?", "email": "none", "consent_at": ""})

    assert ["consent_at", "email", "language"] == sorted(cell.column for cell in bad.value.cells)


def test_columns_are_known_or_told() -> None:
    """With the nearest there is; twice is once too often, and `id` must be there."""
    bad = unknown_columns(["nmae", "name", "name"])

    assert ["nmae", "name", "id"] == [cell.column for cell in bad]
    assert "did you mean name?" in bad[0].why
