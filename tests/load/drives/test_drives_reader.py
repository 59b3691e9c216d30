"""Logs are read as they are; what can't be read is named with its place and its remedy."""

import csv
import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from load.drives import Drive, DriveFileError, DriveSet, read_drive, read_drives
from load.drives.reader import MAX_WARNINGS

CAROBD_HEADER = "ENGINE_RUN_TINE (),ENGINE_RPM (),VEHICLE_SPEED (),COOLANT_TEMPERATURE ()"


def _log(folder: Path, text: str, name: str = "log.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def _rows(*rows: str, header: str = "Time,Vehicle Speed,Coolant") -> str:
    return "\n".join((header, *rows)) + "\n"


def test_recorded_logs_are_read_whole(recorded: DriveSet) -> None:
    """Every row of the folder's logs is in a drive or in a warning, and no file is refused."""
    folder = Path(os.environ["VIGIL_DRIVES"])
    rows = sum(
        sum(bool(line.strip()) for line in path.read_text().splitlines()[1:])
        for path in folder.glob("*.csv")
    )
    read = sum(len(drive.samples) for drive in recorded.drives)
    skipped = len({(w.file, w.line) for w in recorded.warnings})

    assert recorded.errors == ()
    assert rows == read + skipped


def test_recorded_values_are_the_files_own(recorded: DriveSet) -> None:
    """A plain reading of the coolant column gives the same temperatures in the same order."""
    folder = Path(os.environ["VIGIL_DRIVES"])
    for drive in recorded.drives:
        with (folder / f"{drive.name}.csv").open() as file:
            table = list(csv.reader(file))
        column = [title.strip() for title in table[0]].index("COOLANT_TEMPERATURE ()")
        whole = [row for row in table[1:] if len(row) >= len(table[0])]

        assert [float(row[column]) for row in whole] == [c for _, c in drive.coolant()]


def test_a_recorded_drive_lasts_as_long_as_its_engine_ran(carobd: dict[str, Drive]) -> None:
    """Time runs on, and ends with the engine's own clock, plus the seconds before the start.

    These logs have two rows a second, and each stamp is written to several of them.
    """
    for drive in carobd.values():
        last = drive.samples[-1]
        waits = [b.at_s - a.at_s for a, b in pairwise(drive.samples)]

        assert last.engine_run_s is not None
        assert 0 <= drive.duration_s - last.engine_run_s <= 10
        assert min(waits) > 0
        assert max(waits) <= 2
        assert pytest.approx(2.0, abs=0.15) == len(drive.samples) / drive.duration_s


def test_the_row_that_breaks_off_is_named(carobd: dict[str, Drive], recorded: DriveSet) -> None:
    """`idle1.csv` ends in the middle of a row: that row is skipped, and it alone."""
    assert carobd
    (warning,) = recorded.warnings

    assert str(warning).endswith(
        "idle1.csv, line 1214: 17 cells instead of 27: which of them are missing is not known; "
        "row skipped"
    )


def test_padded_cells_and_trailing_commas_are_read(tmp_path: Path) -> None:
    """The carOBD form: a misspelt clock, blanks, and a comma at each row's end but the header's."""
    text = f"{CAROBD_HEADER}\r\n0.0, 650.5,  3.0, 81.0,\r\n1.0, 700.0, 4.0, 82.0,\r\n"
    drive, warnings = read_drive(_log(tmp_path, text))

    assert (warnings, drive.name, drive.source) == ((), "log", "recorded")
    assert [(s.at_s, s.engine_run_s, s.rpm, s.speed_kmh, s.coolant_c) for s in drive.samples] == [
        (0.0, 0.0, 650.5, 3.0, 81.0),
        (1.0, 1.0, 700.0, 4.0, 82.0),
    ]


def test_a_torque_log_is_read_in_our_units(tmp_path: Path) -> None:
    """Fahrenheit, miles and psi are converted; `-` is no value; the phone's clock is used."""
    header = (
        "GPS Time, Device Time, Longitude,GPS Speed (Meters/second),Engine Coolant Temperature(°F),"
        "Speed (OBD)(mph),Intake Manifold Pressure(psi),Voltage (Control Module)(V)"
    )
    text = _rows(
        "Sun Oct 05 14:22:01 PDT 2026,05-Oct-2026 14:22:01.100,24.9,9.0,185,20,5.0,13.9",
        "Sun Oct 05 14:22:01 PDT 2026,05-Oct-2026 14:22:01.850,24.9,9.0,187,25,-,13.9",
        header=header,
    )
    drive, warnings = read_drive(_log(tmp_path, text))
    first, second = drive.samples

    assert warnings == ()
    assert second.at_s == 0.75
    assert (first.coolant_c, second.coolant_c) == pytest.approx((85.0, 86.1111), abs=1e-3)
    assert (first.speed_kmh, second.speed_kmh) == pytest.approx((32.1869, 40.2336), abs=1e-3)
    assert first.manifold_kpa == pytest.approx(34.474, abs=1e-3)
    assert second.manifold_kpa is None


def test_a_log_with_semicolons_and_decimal_commas_is_read(tmp_path: Path) -> None:
    """What a continental computer exports: `;` between cells, `,` in numbers."""
    text = '"time";"Vehicle speed (km/h)";"Engine coolant temperature (\u2103)"\r\n'
    text += '"0,5";"31,5";"86"\r\n"1,5";"32,5";"87"\r\n'
    drive, warnings = read_drive(_log(tmp_path, text))

    assert warnings == ()
    assert [(s.at_s, s.speed_kmh, s.coolant_c) for s in drive.samples] == [
        (0.0, 31.5, 86.0),
        (1.0, 32.5, 87.0),
    ]


def test_units_in_cells_count(tmp_path: Path) -> None:
    """Some tools write `86C` or `45mph` into the cell."""
    drive, warnings = read_drive(_log(tmp_path, _rows("0,10mph,86 C", "1,20km/h,187°F")))

    assert warnings == ()
    assert [s.speed_kmh for s in drive.samples] == [16.0934, 20.0]
    assert [s.coolant_c for s in drive.samples] == [86.0, 86.1111]


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "cp1252", "utf-8"])
def test_every_usual_charset_is_read(tmp_path: Path, charset: str) -> None:
    """The sign in °C is the only one that differs."""
    path = tmp_path / "log.csv"
    path.write_bytes(_rows("0,1,86", "1,1,87", header="Time,Speed,Coolant (°C)").encode(charset))

    assert [c for _, c in read_drive(path)[0].coolant()] == [86.0, 87.0]


def test_lines_above_the_header_are_passed_over(tmp_path: Path) -> None:
    """Loggers write about themselves first; how many lines that are is said."""
    text = "Log of a car\nVersion,3\n\n" + _rows("0,1,86", "1,1,87")
    drive, (warning,) = read_drive(_log(tmp_path, text))

    assert len(drive.samples) == 2
    assert str(warning).endswith("line 4: this is the header; 2 lines above it not read")


def test_a_header_that_comes_again_may_change_the_columns(tmp_path: Path) -> None:
    """A logger that is restarted appends to its file, and its columns may have changed."""
    text = _rows("0,1,86", "1,1,87", "Time,Coolant,Vehicle Speed,RPM", "2,88,5,900")
    drive, (warning,) = read_drive(_log(tmp_path, text))

    assert "the header again" in warning.reason
    assert tuple(
        getattr(drive.samples[-1], field) for field in ("coolant_c", "speed_kmh", "rpm")
    ) == (88.0, 5.0, 900.0)


@pytest.mark.parametrize(
    ("row", "line", "reason"),
    [
        ("1,5", 3, "2 cells instead of 3"),
        ("1,5,86,7", 3, "4 cells instead of 3"),
        ("soon,5,86", 3, "Time is no time: 'soon'"),
        ("1,,", 3, "no sensor has a value"),
        ("1,five,86", 3, "Vehicle Speed is no number: 'five'"),
        ('1,"1,234",86', 3, "Vehicle Speed is no number: '1,234'"),
        ("1,5,86mph", 3, "Coolant is no number: '86mph'"),
        ("1,5,999", 3, "Coolant can't be '999'"),
        ("1,-3,86", 3, "Vehicle Speed can't be '-3'"),
        ("-9,5,86", 3, "Time falls by 9 s"),
        ("9999,5,86", 3, "Time leaps ahead"),
    ],
)
def test_what_can_not_be_read_is_named(tmp_path: Path, row: str, line: int, reason: str) -> None:
    """Each kind of damage gives one warning with its line, and the rest of the log is read."""
    drive, (warning,) = read_drive(_log(tmp_path, _rows("0,5,86", row, "2,5,86", "3,5,86")))

    assert (line, reason) == (warning.line, warning.reason[: len(reason)])
    assert [s.at_s for s in drive.samples if s.at_s != 1.0] == [0.0, 2.0, 3.0]


def test_a_pause_is_kept_and_named(tmp_path: Path) -> None:
    """Ten minutes without rows stay ten minutes, and are not passed over in silence."""
    drive, (warning,) = read_drive(
        _log(tmp_path, _rows("0,5,86", "1,5,86", "601,5,86", "602,5,86"))
    )

    assert [s.at_s for s in drive.samples] == [0.0, 1.0, 601.0, 602.0]
    assert (warning.line, warning.reason) == (4, "nothing was logged for 600 s")


def test_a_clock_may_pass_midnight(tmp_path: Path) -> None:
    """A time of day that begins again is the next day."""
    text = _rows("23:59:58,5,86", "23:59:59,5,86", "00:00:00,5,86", "00:00:01,5,86")
    drive, warnings = read_drive(_log(tmp_path, text))

    assert ([s.at_s for s in drive.samples], warnings) == ([0.0, 1.0, 2.0, 3.0], ())


def test_the_clock_is_the_one_that_the_rows_have(tmp_path: Path) -> None:
    """A phone's clock that is nearly never filled does not cost the other rows."""
    text = _rows(
        *(f"-,{second},5,86" for second in range(8)),
        "05-Oct-2026 14:22:01.100,8,5,86",
        "05-Oct-2026 14:22:02.100,9,5,86",
        header="Device Time,Engine run time,Vehicle Speed,Coolant",
    )
    drive, warnings = read_drive(_log(tmp_path, text))

    assert [s.at_s for s in drive.samples] == [float(second) for second in range(10)]
    assert warnings == ()


def test_warnings_are_bounded_and_counted(tmp_path: Path) -> None:
    """A log with a thousand bad rows gives a hundred warnings and the number of the others."""
    _, warnings = read_drive(
        _log(tmp_path, _rows("0,5,86", *["x,5,86"] * 1000, "1,5,86", "2,5,86"))
    )

    assert len(warnings) == MAX_WARNINGS + 1
    assert warnings[-1].reason == "900 more"


@pytest.mark.parametrize(
    ("text", "line", "column", "reason"),
    [
        ("", 1, None, "none of the first 20 lines names a sensor"),
        ("a,b\n1,2\n", 1, None, "none of the first 20 lines names a sensor"),
        ("SECONDS;PID;VALUE;UNITS\n1;2;3;4\n", 1, None, "each row is one reading"),
        (_rows("0,5", "1,5", header="Time,Vehicle Speed"), 1, None, "no column is a coolant_c"),
        (_rows("0,86", "1,86", header="Time,Coolant"), 1, None, "no column is a speed_kmh"),
        (
            _rows("0,5,1", header="Time,Speed,Coolant (mph)"),
            1,
            None,
            "no column is a coolant_c (not",
        ),
        (_rows("0,5,", "1,5,"), 1, "Coolant", "no row has a coolant_c"),
        (_rows("5,86", "5,86", header="Speed,Coolant"), 1, None, "no clock that runs"),
        (_rows("7,5,86", "7,5,86"), 1, "Time", "no clock that runs"),
        (_rows("x,5,86", "y,5,86"), 1, "Time", "no clock that runs"),
        ("\n\nnote\n" + _rows("0,5,86", "1,5"), 4, None, "1 of 2 rows can be used"),
        (_rows('0,"5,86', "x" * 200_000), 2, None, "the file is not CSV"),
    ],
)
def test_a_file_of_no_use_says_why_and_what_to_do(
    tmp_path: Path, text: str, line: int, column: str | None, reason: str
) -> None:
    """An error names file, line, column, reason and remedy."""
    path = _log(tmp_path, text)
    with pytest.raises(DriveFileError) as caught:
        read_drive(path)

    error = caught.value
    assert (path, line, column, reason) == (
        error.path,
        error.line,
        error.column,
        error.reason[: len(reason)],
    )
    assert error.remedy
    assert all(part in str(error) for part in (str(path), f"line {line}", error.remedy))


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    """A folder's good logs are read, in the order of their names; the bad one is told of."""
    _log(tmp_path, _rows("0,5,86", "1,5,86"), "b.csv")
    _log(tmp_path, "nothing\n", "a.csv")
    _log(tmp_path, _rows("0,5,86", "1,5,86"), "C.CSV")
    _log(tmp_path, "not a log", "notes.txt")
    (tmp_path / "folder.csv").mkdir()
    found = read_drives(tmp_path)

    assert [drive.name for drive in found.drives] == ["C", "b"]
    assert [error.path.name for error in found.errors] == ["a.csv"]


@pytest.mark.parametrize("missing", [True, False])
def test_a_folder_without_logs_says_so(tmp_path: Path, *, missing: bool) -> None:
    """No folder, or none of its files a CSV: the error names the folder and what to give."""
    folder = tmp_path / "nowhere" if missing else tmp_path
    with pytest.raises(DriveFileError, match="Name the folder which holds the CSV logs") as caught:
        read_drives(folder)

    assert folder == caught.value.path


def test_a_folder_of_bad_logs_gives_the_first_reason(tmp_path: Path) -> None:
    """If nothing can be used, the error tells of the first file."""
    _log(tmp_path, "nothing\n", "a.csv")
    with pytest.raises(DriveFileError, match=r"none of its 1 CSV files.*a\.csv, line 1"):
        read_drives(tmp_path)


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    body=st.one_of(
        st.binary(max_size=400),
        st.lists(
            st.lists(
                st.one_of(
                    st.text(max_size=6),
                    st.floats().map(str),
                    st.integers(-9, 10**9).map(str),
                    st.sampled_from(["Time", "Coolant", "Speed", '"', ";", "-", "1e999", "_1"]),
                ),
                max_size=5,
            ).map(",".join),
            max_size=12,
        ).map(lambda rows: "\n".join(rows).encode(errors="replace")),
    )
)
def test_no_file_crashes_the_reader(tmp_path: Path, body: bytes) -> None:
    """Whatever stands below a header, the reader gives a sound drive or the error for files."""
    path = tmp_path / "log.csv"
    path.write_bytes(b"Time,Vehicle Speed,Coolant\n0,5,86\n1,5,86\n" + body)
    try:
        drive, _ = read_drive(path)
    except DriveFileError:
        return

    assert all(a.at_s <= b.at_s for a, b in pairwise(drive.samples))
    assert all(-40 <= c <= 215 for _, c in drive.coolant())
