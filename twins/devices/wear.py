"""Wear: how long a cooling system still lives, from the coolant's last readings.

A computation, not a twin: it runs on Ray, by the name `remaining_useful_life` in the settings.

Heat ages the rubber of gaskets and hoses. Its rate follows Arrhenius, and damage adds up (Miner):

    rate(T) = exp(E / R * (1 / T_ref - 1 / T)) / L_ref        share of a life an hour, T in kelvin
    life    = the first t at which the integral of rate(T(t)) reaches 1, or the coolant boils

T(t) begins at the newest reading and goes on as the readings went: along the line of least squares
through them, as far as it rises. A coolant that cools or stays is taken to stay.

- E = 92 kJ/mol: nitrile rubber's elongation at break aged in an oven, 22 kcal/mol (Sandia National
  Laboratories, "A critical assessment of the Arrhenius oven-aging methodology", 1993).
- The coolant boils at 129 °C: half water, half glycol, under a cap of 15 psi (265 °F on its label).
- L_ref = 6,000 h at 90 °C is an assumption: 300,000 km at 50 km/h, a car's whole life.

So the figure ranks cars and shows how much time there is; it is no promise about one gasket.
"""

import math
from collections.abc import Sequence
from typing import Final

ACTIVATION_J_MOL: Final = 92_000.0
GAS_J_MOL_K: Final = 8.314
ZERO_C: Final = 273.15
REFERENCE_C: Final = 90.0
REFERENCE_LIFE_H: Final = 6_000.0
BOILING_C: Final = 129.0
LONGEST_H: Final = 1e6
"""More than any car lives; a cold engine ages so slowly that more would mean nothing."""

STEPS: Final = 2_000
"""Steps of the integration, from now until the coolant boils (trapezoids)."""

_HOUR_S: Final = 3600.0
_LEAST: Final = 2
"""Readings that make a line."""


def ageing_per_h(coolant_c: float) -> float:
    """Which share of a life one hour at this temperature takes."""
    inverse_k = 1 / (REFERENCE_C + ZERO_C) - 1 / (coolant_c + ZERO_C)
    return math.exp(ACTIVATION_J_MOL / GAS_J_MOL_K * inverse_k) / REFERENCE_LIFE_H


def trend_c_per_h(readings: Sequence[Sequence[float]]) -> float:
    """The slope of the line of least squares through (seconds, °C), in °C an hour; 0 if flat."""
    if len(readings) < _LEAST:
        return 0.0
    times = [reading[0] for reading in readings]
    values = [reading[1] for reading in readings]
    mean_s, mean_c = math.fsum(times) / len(times), math.fsum(values) / len(values)
    spread = math.fsum((at - mean_s) ** 2 for at in times)
    if spread == 0.0:
        return 0.0
    together = math.fsum(
        (at - mean_s) * (value - mean_c) for at, value in zip(times, values, strict=True)
    )
    return together / spread * _HOUR_S


def remaining_useful_life(
    readings: Sequence[Sequence[float]],
    coolant_c: float | None = None,
    rpm: float | None = None,
    **_others: object,
) -> dict[str, float]:
    """Return `{"remaining_life_h"}`: hours, if the engine is driven on as it was.

    Args:
        readings: (seconds since the epoch, coolant in °C), oldest first.
        coolant_c: The newest reading; default the last of `readings`.
        rpm: Engine speed; an engine that stands gets no hotter.
        _others: What else the twin knows; this model has no use for it.

    Raises:
        ValueError: There is no reading at all.
    """
    if coolant_c is None:
        if not readings:
            raise ValueError(
                "without a coolant reading nothing is known; send readings or coolant_c"
            )
        coolant_c = readings[-1][1]
    slope = 0.0 if rpm == 0 else trend_c_per_h(readings)
    return {"remaining_life_h": round(_life_h(coolant_c, slope), 4)}


def _life_h(start_c: float, slope_c_per_h: float) -> float:
    """Hours until the damage is a whole life, or the coolant boils."""
    if start_c >= BOILING_C:
        return 0.0
    if slope_c_per_h <= 0.0:
        return min(LONGEST_H, 1 / ageing_per_h(start_c))
    # Whatever rises boils; so the time until then bounds the integration.
    boils_h = (BOILING_C - start_c) / slope_c_per_h
    step_h = boils_h / STEPS
    damage, before = 0.0, ageing_per_h(start_c)
    for number in range(1, STEPS + 1):
        rate = ageing_per_h(start_c + slope_c_per_h * number * step_h)
        grown = (before + rate) / 2 * step_h
        if damage + grown >= 1.0:
            return min(LONGEST_H, (number - 1 + (1.0 - damage) / grown) * step_h)
        damage, before = damage + grown, rate
    return min(LONGEST_H, boils_h)
