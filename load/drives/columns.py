"""What the headers of OBD-II logs mean: their names and units, for each field of `Sample`.

Loggers name the same sensor differently. Read here are the names of the carOBD data set
(`COOLANT_TEMPERATURE ()`, with its misspelt `ENGINE_RUN_TINE`), Torque
(`Engine Coolant Temperature(°C)`), OBD Auto Doctor (`Engine Coolant Temperature [°C]`), Car Scanner
(`Engine coolant temperature (℃)`), ELM327 tools on python-OBD (`COOLANT_TEMP`), and our own field
names (`coolant_c`). A unit in the header decides the conversion; without one the unit is that of
SAE J1979, which is what a car sends.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final, NamedTuple


class Quantity(NamedTuple):
    """A kind of value: its units, and the range that a sensor can send.

    `units` maps a unit's spelling to (factor, offset) so that value * factor + offset is in the
    unit of our field.
    """

    units: dict[str, tuple[float, float]]
    low: float
    high: float


_CELSIUS: Final = dict.fromkeys(("c", "degc", "celsius"), (1.0, 0.0))
_FAHRENHEIT: Final = dict.fromkeys(("f", "degf", "fahrenheit"), (1 / 1.8, -32 / 1.8))
_KELVIN: Final = dict.fromkeys(("k", "kelvin"), (1.0, -273.15))
_TEMPERATURE: Final = _CELSIUS | _FAHRENHEIT | _KELVIN
_SPEED: Final = {
    **dict.fromkeys(("km/h", "kmh", "kph", "kmph"), (1.0, 0.0)),
    **dict.fromkeys(("mph", "mi/h", "miles/h"), (1.609344, 0.0)),
    **dict.fromkeys(("m/s", "meters/second", "metres/second"), (3.6, 0.0)),
}
_PRESSURE: Final = {
    "kpa": (1.0, 0.0),
    "psi": (6.894757, 0.0),
    "bar": (100.0, 0.0),
    "inhg": (3.386389, 0.0),
    **dict.fromkeys(("mbar", "mb", "hpa"), (0.1, 0.0)),
}
_PERCENT: Final = dict.fromkeys(("%", "pct", "percent"), (1.0, 0.0))
_ANGLE: Final = dict.fromkeys(("deg", "degrees", "degree"), (1.0, 0.0))
_VOLTAGE: Final = {"v": (1.0, 0.0), "volt": (1.0, 0.0), "volts": (1.0, 0.0), "mv": (0.001, 0.0)}
_RPM: Final = dict.fromkeys(("rpm", "1/min", "r/min"), (1.0, 0.0))
_DURATION: Final = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), (1.0, 0.0)),
    **dict.fromkeys(("ms", "msec", "milliseconds"), (0.001, 0.0)),
    **dict.fromkeys(("min", "minutes"), (60.0, 0.0)),
    **dict.fromkeys(("h", "hours"), (3600.0, 0.0)),
}

CLOCK: Final = "clock"
"""The pseudo-field of columns that say when a row was written."""

QUANTITIES: Final[dict[str, Quantity]] = {
    # Ranges are those that the parameter's bytes can express (SAE J1979, mode 01).
    "engine_run_s": Quantity(_DURATION, 0.0, 65_535.0),
    "rpm": Quantity(_RPM, 0.0, 16_383.75),
    "speed_kmh": Quantity(_SPEED, 0.0, 255.0),
    "throttle_pct": Quantity(_PERCENT, 0.0, 100.0),
    "engine_load_pct": Quantity(_PERCENT, 0.0, 100.0),
    "coolant_c": Quantity(_TEMPERATURE, -40.0, 215.0),
    "intake_air_c": Quantity(_TEMPERATURE, -40.0, 215.0),
    "fuel_level_pct": Quantity(_PERCENT, 0.0, 100.0),
    "battery_v": Quantity(_VOLTAGE, 0.0, 65.535),
    "manifold_kpa": Quantity(_PRESSURE, 0.0, 255.0),
    "timing_advance_deg": Quantity(_ANGLE, -64.0, 63.5),
    "catalyst_c": Quantity(_TEMPERATURE, -40.0, 6_513.5),
    "short_fuel_trim_pct": Quantity(_PERCENT, -100.0, 99.25),
    "long_fuel_trim_pct": Quantity(_PERCENT, -100.0, 99.25),
    "barometric_kpa": Quantity(_PRESSURE, 0.0, 255.0),
}

REQUIRED: Final = ("coolant_c", "speed_kmh")
"""Without a coolant temperature there is nothing to watch, without a speed nothing moves."""

# For each field its names, best first: where a log has several, the first one listed is read.
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    # A phone's or a computer's clock goes on while the engine is off; GPS time has no fractions.
    CLOCK: (
        "device time",
        "time",
        "timestamp",
        "date time",
        "datetime",
        "elapsed time",
        "elapsed",
        "seconds",
        "at",
        "gps time",
        "engine run tine",
        "engine run time",
        "engine run",
        "engine runtime",
        "run time",
        "run time since engine start",
        "time since engine start",
    ),
    "engine_run_s": (
        "engine run tine",
        "engine run time",
        "engine run",
        "engine runtime",
        "run time",
        "run time since engine start",
        "time since engine start",
    ),
    "rpm": ("engine rpm", "rpm", "engine speed"),
    "speed_kmh": (
        "vehicle speed",
        "vehicle speed sensor",
        "speed obd",
        "speed",
        "speed gps",
        "gps speed",
    ),
    "throttle_pct": (
        "throttle",
        "throttle position manifold",
        "absolute throttle position",
        "throttle position",
        "throttle pos",
    ),
    "engine_load_pct": ("engine load", "calculated engine load", "calculated engine load value"),
    "coolant_c": (
        "coolant temperature",
        "engine coolant temperature",
        "engine coolant temp",
        "coolant temp",
        "coolant",
        "ect",
    ),
    "intake_air_c": (
        "intake air temp",
        "intake air temperature",
        "air intake temp",
        "intake temp",
        "intake air",
        "iat",
    ),
    "fuel_level_pct": (
        "fuel tank",
        "fuel level",
        "fuel level from engine ecu",
        "fuel level input",
        "fuel tank level input",
    ),
    "battery_v": (
        "control module voltage",
        "voltage control module",
        "obd module voltage",
        "battery voltage",
        "battery",
        "voltage obd adapter",
        "elm voltage",
    ),
    "manifold_kpa": (
        "intake manifold pressure",
        "intake manifold absolute pressure",
        "intake pressure",
        "manifold",
        "map",
    ),
    "timing_advance_deg": ("timing advance", "ignition timing advance"),
    "catalyst_c": (
        "catalyst temperature bank1 sensor1",
        "catalyst temperature bank 1 sensor 1",
        "catalyst temp b1s1",
        "catalyst",
    ),
    "short_fuel_trim_pct": (
        "short term fuel trim bank 1",
        "fuel trim bank 1 short term",
        "short fuel trim 1",
        "short fuel trim",
    ),
    "long_fuel_trim_pct": (
        "long term fuel trim bank 1",
        "fuel trim bank 1 long term",
        "long fuel trim 1",
        "long fuel trim",
    ),
    "barometric_kpa": (
        "absolute barometric pressure",
        "barometric pressure",
        "barometric pressure from vehicle",
        "barometric",
    ),
}

ENGINE_CLOCKS: Final = frozenset(_NAMES["engine_run_s"])
"""Clock columns that stand still at 0 while the engine is off."""

_ALL_UNITS: Final = frozenset().union(*(quantity.units for quantity in QUANTITIES.values()))
_ECU: Final = re.compile(r"^ecu\([0-9a-f]+\):\s*")
_GROUP: Final = re.compile(r"^(?P<name>.*)[(\[](?P<unit>[^()\[\]]*)[)\]]?\s*$")
_WORD: Final = re.compile(r"[a-z0-9]+")


class Column(NamedTuple):
    """A column of a log that is read."""

    at: int
    """Where it stands in a row, from 0."""
    title: str
    """Its header as it stands in the file."""
    name: str
    """Its header in lower case, words apart, without the unit."""
    factor: float
    offset: float
    """value * factor + offset is in our unit."""


class Header(NamedTuple):
    """What a header line says."""

    fields: dict[str, Column]
    """The column that each field of `Sample` is read from."""
    clocks: tuple[Column, ...]
    """Columns that tell the time, best first."""
    unread: tuple[tuple[str, str], ...]
    """(title, unit) of columns that we know by name but not in that unit."""
    width: int
    """Cells in a row, without empty ones that a trailing comma makes."""


def _plain(text: str) -> str:
    """Return text in lower case, without signs like ° that some logger wrote in a wrong charset."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isascii()).strip()


def split_title(title: str) -> tuple[str, str]:
    """Return (name, unit) of a column's title; the unit is "" where none is named."""
    plain = _ECU.sub("", _plain(title))
    group = _GROUP.match(plain)
    if group is not None:
        unit = group["unit"].replace(" ", "")
        if unit in _ALL_UNITS or not unit:
            return " ".join(_WORD.findall(group["name"])), unit
    name = " ".join(_WORD.findall(plain))
    if any(name in names for names in _NAMES.values()):
        return name, ""
    # `coolant_c`, `Vehicle Speed km/h`: the unit is the last word, or the last two.
    words = name.split()
    for unit_words in (2, 1):
        unit = "/".join(words[-unit_words:])
        if len(words) > unit_words and unit in _ALL_UNITS:
            return " ".join(words[:-unit_words]), unit
    if group is not None:
        return " ".join(_WORD.findall(group["name"])), group["unit"].replace(" ", "")
    return name, ""


def conversion(field: str, unit: str) -> tuple[float, float] | None:
    """Return (factor, offset) from `unit` to the field's own; None if the unit doesn't fit it."""
    if field == CLOCK:
        # `Time (hh:mm:ss)`, `Time (UTC)`: a pattern or a zone, and the stamp's own form decides.
        return _DURATION.get(unit, (1.0, 0.0))
    return QUANTITIES[field].units.get(unit) if unit else (1.0, 0.0)


def read_header(cells: Sequence[str]) -> Header:
    """Return what the cells of a header line say.

    Any line may be given; one that is no header has no fields.
    """
    found: dict[str, list[tuple[int, Column]]] = {}
    unread: list[tuple[str, str]] = []
    for index, title in enumerate(cells):
        name, unit = split_title(title)
        for field, names in _NAMES.items():
            if name not in names:
                continue
            scale = conversion(field, unit)
            if scale is None:
                unread.append((title.strip(), unit))
                continue
            column = Column(index, title.strip(), name, *scale)
            found.setdefault(field, []).append((names.index(name), column))
    best = {
        field: [column for _, column in sorted(ranked, key=lambda pair: pair[0])]
        for field, ranked in found.items()
    }
    clocks = tuple(best.pop(CLOCK, ()))
    width = max((i + 1 for i, title in enumerate(cells) if title.strip()), default=0)
    fields = {field: columns[0] for field, columns in best.items()}
    return Header(fields, clocks, tuple(unread), width)
