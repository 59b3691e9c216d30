"""Headers of the usual loggers are understood, with their units."""

import pytest

from load.drives.columns import CLOCK, QUANTITIES, read_header
from load.drives.sample import Sample


@pytest.mark.parametrize(
    ("title", "field"),
    [
        # carOBD
        ("ENGINE_RUN_TINE ()", "engine_run_s"),
        ("ENGINE_RPM ()", "rpm"),
        ("VEHICLE_SPEED ()", "speed_kmh"),
        ("THROTTLE ()", "throttle_pct"),
        ("ENGINE_LOAD ()", "engine_load_pct"),
        ("COOLANT_TEMPERATURE ()", "coolant_c"),
        ("INTAKE_AIR_TEMP ()", "intake_air_c"),
        ("FUEL_TANK ()", "fuel_level_pct"),
        ("CONTROL_MODULE_VOLTAGE ()", "battery_v"),
        ("INTAKE_MANIFOLD_PRESSURE ()", "manifold_kpa"),
        ("TIMING_ADVANCE ()", "timing_advance_deg"),
        ("CATALYST_TEMPERATURE_BANK1_SENSOR1 ()", "catalyst_c"),
        ("SHORT_TERM_FUEL_TRIM_BANK_1 ()", "short_fuel_trim_pct"),
        ("LONG_TERM_FUEL_TRIM_BANK_1 ()", "long_fuel_trim_pct"),
        ("ABSOLUTE_BAROMETRIC_PRESSURE ()", "barometric_kpa"),
        # Torque
        ("Engine Coolant Temperature(°C)", "coolant_c"),
        ("ECU(7EA): Engine Coolant Temperature(°C)", "coolant_c"),
        ("Engine Coolant Temperature(\u00c2°C)", "coolant_c"),
        (" Speed (OBD)(km/h)", "speed_kmh"),
        ("GPS Speed (Meters/second)", "speed_kmh"),
        ("Throttle Position(Manifold)(%)", "throttle_pct"),
        ("Fuel Level (From Engine ECU)(%)", "fuel_level_pct"),
        ("Voltage (Control Module)(V)", "battery_v"),
        ("Timing Advance(°)", "timing_advance_deg"),
        ("Catalyst Temperature (Bank 1 Sensor 1)(°C)", "catalyst_c"),
        ("Fuel Trim Bank 1 Short Term(%)", "short_fuel_trim_pct"),
        ("Run time since engine start(s)", "engine_run_s"),
        # OBD Auto Doctor
        ("Engine Coolant Temperature [°C]", "coolant_c"),
        ("Vehicle Speed Sensor [km/h]", "speed_kmh"),
        ("Engine RPM [RPM]", "rpm"),
        ("Intake Manifold Absolute Pressure [kPa]", "manifold_kpa"),
        ("Absolute Throttle Position [%]", "throttle_pct"),
        # Car Scanner
        ("Engine coolant temperature (\u2103)", "coolant_c"),
        ("Vehicle speed (mph)", "speed_kmh"),
        ("Calculated engine load value (%)", "engine_load_pct"),
        ("OBD Module Voltage (V)", "battery_v"),
        # ELM327 tools on python-OBD
        ("COOLANT_TEMP", "coolant_c"),
        ("SPEED", "speed_kmh"),
        ("THROTTLE_POS", "throttle_pct"),
        ("INTAKE_PRESSURE", "manifold_kpa"),
        ("ELM_VOLTAGE", "battery_v"),
        # Words only
        ("Vehicle Speed km/h", "speed_kmh"),
        ("Battery (mV)", "battery_v"),
        ("Coolant Temp (degF)", "coolant_c"),
    ],
)
def test_a_loggers_title_is_known(title: str, field: str) -> None:
    """Each logger's own title names the field, and its unit fits it."""
    header = read_header([title])

    assert [field] == list(header.fields)
    assert not header.unread


@pytest.mark.parametrize(
    "title", ["Device Time", "Time", "GPS Time", "time (ms)", "Timestamp (UTC)", "SECONDS", "at_s"]
)
def test_a_clock_is_known(title: str) -> None:
    """A column that tells the time is a clock and nothing else."""
    header = read_header([title])

    assert [title] == [clock.title for clock in header.clocks]
    assert CLOCK not in header.fields


@pytest.mark.parametrize(
    ("title", "sent", "ours"),
    [
        ("Coolant (°F)", 212.0, 100.0),
        ("Coolant (K)", 373.15, 100.0),
        ("Speed (mph)", 100.0, 160.9344),
        ("Speed (m/s)", 10.0, 36.0),
        ("Intake manifold pressure (psi)", 14.5, 99.974),
        ("Intake manifold pressure (mbar)", 1013.0, 101.3),
        ("Battery (mV)", 13_800.0, 13.8),
        ("Run time (min)", 2.0, 120.0),
    ],
)
def test_the_unit_in_a_title_converts(title: str, sent: float, ours: float) -> None:
    """A value in the title's unit becomes one in the field's."""
    (column,) = read_header([title]).fields.values()

    assert ours == pytest.approx(sent * column.factor + column.offset, abs=1e-3)


def test_a_unit_that_does_not_fit_is_noted() -> None:
    """A column in furlongs is not read as km/h, and is not dropped in silence."""
    header = read_header(["Vehicle speed (furlongs)", "Coolant (km/h)"])

    assert header.fields == {}
    assert header.unread == (("Vehicle speed (furlongs)", "furlongs"), ("Coolant (km/h)", "km/h"))


def test_of_several_speeds_the_cars_own_is_read() -> None:
    """Torque logs two speeds; the satellites' one is only the second choice."""
    header = read_header(["Time", "GPS Speed (Meters/second)", "Speed (OBD)(km/h)"])

    assert header.fields["speed_kmh"].title == "Speed (OBD)(km/h)"


def test_other_sensors_are_not_taken_for_ours() -> None:
    """Names that only resemble ours are left alone."""
    titles = ["Catalyst Temperature (Bank 1 Sensor 2)(°C)", "PEDAL_D ()", "Engine Oil Temperature"]

    assert read_header(titles).fields == {}


def test_every_field_of_a_sample_can_be_read() -> None:
    """Each field but `at_s` has a range, and its own name is a title that is read."""
    fields = [field for field in Sample.__struct_fields__ if field != "at_s"]

    assert fields == list(QUANTITIES)
    assert set(fields) == set(read_header(fields).fields)
