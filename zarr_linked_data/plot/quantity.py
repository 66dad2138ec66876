"""Values as numbers that can be drawn: dates, durations, complex and non-finite ones among them."""

from dataclasses import dataclass, replace
from math import floor, isfinite, log10
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_linked_data.plot.reduce import value_range

Array = NDArray[Any]

DAY_S = 86_400.0
"""Seconds in a day; matplotlib counts dates in days."""

SECONDS = {"W": 7 * DAY_S, "D": DAY_S, "h": 3600.0, "m": 60.0, "s": 1.0} | {
    unit: 10.0 ** -(3 * power) for power, unit in enumerate(("ms", "us", "ns", "ps", "fs", "as"), 1)
}
"""Seconds in numpy's units of time, those of fixed length."""

DURATIONS = {"d": DAY_S, "h": 3600.0, "min": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}
"""Units that a duration is shown in, longest first."""

YEAR_DAYS = 365.2425
"""Days in a year, on average."""

DATES = (-719_162.0, 2_932_896.0)
"""Days from 1970 to the years 1 and 9999, the dates that matplotlib can write."""

MODERATE = (1e-100, 1e100)
"""Magnitudes that matplotlib's transformations take without overflow."""

MISSING = "Missing"

NUMBERS = "buifcmM"
"""Kinds of numpy data types that have a place on an axis."""


@dataclass(frozen=True)
class Quantity:
    """Numbers to draw (NaN where there is none), what they are called, and notes on them."""

    values: Array
    label: str
    limits: tuple[float, float] | None
    """The smallest and the largest; None where there is none."""
    notes: tuple[str, ...] = ()
    dates: bool = False
    power: int = 0
    """Of ten, by which the numbers were divided."""


def measure(values: Array, units: str | None = None) -> Quantity:
    """Make any array of numbers drawable; complex values are given by their magnitude."""
    kind = values.dtype.kind
    if kind == "M":
        return _dates(values)
    if kind == "m":
        return _durations(values)
    name = "magnitude" if kind == "c" else "value"
    label = f"{name} ({units})" if units else name
    if kind == "c":
        values = magnitudes(values)
    if values.dtype.kind == "f":
        return _moderate(_finite(values, label))
    return Quantity(values, label, value_range(values))


def magnitudes(values: Array) -> Array:
    """Give the magnitude of complex values; infinite where it is more than a float holds."""
    with np.errstate(over="ignore"):
        result: Array = np.hypot(values.real, values.imag)
    return result


def scaled(values: Array, power: int) -> Array:
    """Divide by a power of ten; one below 1e-308 is itself no float64, so in two steps."""
    if power == 0:
        return values
    result: Array = values.astype(np.float64) / 10.0 ** (power // 2) / 10.0 ** (power - power // 2)
    return result


def _finite(values: Array, label: str) -> Quantity:
    """Put NaN in the place of infinities, and count both."""
    if values.dtype == np.float16:
        values = values.astype(np.float32)  # numpy compares halves a hundred times slower
    if values.dtype.itemsize > np.dtype(np.float64).itemsize:
        with np.errstate(over="ignore"):  # what float64 cannot hold is infinite, and told so
            values = values.astype(np.float64)
    limits = float(values.min()), float(values.max())  # NaN where any value is
    if all(map(isfinite, limits)):
        return Quantity(values, label, limits)
    present = np.isfinite(values)
    not_a_number = int(np.count_nonzero(np.isnan(values)))
    infinite = int(values.size - np.count_nonzero(present)) - not_a_number
    if infinite:
        values = np.where(present, values, values.dtype.type(np.nan))
    note = _missing({"NaN": not_a_number, "Inf": infinite}, values.size)
    return Quantity(values, label, value_range(values), (note,))


def _missing(counts: dict[str, int], size: int) -> str:
    """Say how many values are missing, and why."""
    parts = " and ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    return f"{MISSING}: {parts} of {size:,}"


def _largest(limits: tuple[float, float] | None) -> float:
    """Give the greatest magnitude within limits."""
    return max(map(abs, limits)) if limits else 0.0


def _moderate(quantity: Quantity) -> Quantity:
    """Divide values near the ends of float64 by a power of ten, and say so in the label."""
    largest = _largest(quantity.limits)
    if largest == 0 or MODERATE[0] <= largest <= MODERATE[1]:
        return quantity
    power = floor(log10(largest))
    values = scaled(quantity.values, power)
    label = f"{quantity.label} × 1e{power}"
    return replace(quantity, values=values, label=label, limits=value_range(values), power=power)


def _dates(values: Array) -> Quantity:
    """Turn dates into days since 1970."""
    unit, count = np.datetime_data(values.dtype)
    if unit in {"Y", "M"}:
        values = values.astype("datetime64[D]")
        unit, count = "D", 1
    days, notes = _ticks(values, SECONDS.get(unit, DAY_S) * count / DAY_S)
    limits = value_range(days)
    if limits and not (limits[0] > DATES[0] and limits[1] < DATES[1]):
        years = days / YEAR_DAYS + 1970
        return Quantity(years, "year", value_range(years), notes)
    return Quantity(days, "date (UTC)", limits, notes, dates=True)


def _durations(values: Array) -> Quantity:
    """Turn durations into numbers of the unit that suits them."""
    unit, count = np.datetime_data(values.dtype)
    if unit in {"Y", "M"}:
        numbers, notes = _ticks(values, count if unit == "Y" else count / 12)
        return Quantity(numbers, "duration (years)", value_range(numbers), notes)
    if unit not in SECONDS:  # numpy's "generic"
        numbers, notes = _ticks(values, 1)
        return Quantity(numbers, "duration", value_range(numbers), notes)
    seconds, notes = _ticks(values, SECONDS[unit] * count)
    largest = _largest(value_range(seconds))
    name = next((name for name, size in DURATIONS.items() if largest >= size), "s")
    numbers = seconds / DURATIONS[name]
    return Quantity(numbers, f"duration ({name})", value_range(numbers), notes)


def _ticks(values: Array, size: float) -> tuple[Array, tuple[str, ...]]:
    """Count dates or durations in a unit of this size; NaN and a note for those missing."""
    missing = np.isnat(values)
    numbers: Array = values.astype(np.int64) * float(size)
    if not missing.any():
        return numbers, ()
    numbers[missing] = np.nan
    return numbers, (_missing({"NaT": int(np.count_nonzero(missing))}, values.size),)


def in_grey(notes: tuple[str, ...]) -> tuple[str, ...]:
    """Add to the notes that missing values are grey in the picture."""
    return tuple(note.replace(MISSING, f"{MISSING} (grey)", 1) for note in notes)


def constant(quantity: Quantity, values: Array) -> tuple[str, ...]:
    """Note that there is but one value, where that is so; in the words of the values themselves."""
    limits = quantity.limits
    if limits is None or limits[0] < limits[1] or values.size == 1:
        return ()
    first = np.argmax(quantity.values == limits[0])
    return (f"Constant: every value is {as_text(values.flat[first])}",)


def as_text(value: Any) -> str:
    """Write one value of any type."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, np.void) and value.dtype.names is None:
        return value.tobytes().hex(" ")
    if isinstance(value, (complex, float, np.inexact)):
        return f"{value:.6g}" if np.ndim(value) == 0 else str(value)
    return str(value)
