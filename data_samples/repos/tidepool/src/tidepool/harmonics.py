"""The sum of cosines that a tide is made of."""

import math
from dataclasses import dataclass
from typing import Iterable, List, Tuple

# Speeds in degrees per hour; the first letter tells how often a day the wave comes.
SPEEDS = {
    "M2": 28.9841042,
    "S2": 30.0,
    "N2": 28.4397295,
    "K2": 30.0821373,
    "K1": 15.0410686,
    "O1": 13.9430356,
    "P1": 14.9589314,
    "M4": 57.9682084,
}


@dataclass(frozen=True)
class Constituent:
    """One wave: its name, amplitude in metres and phase in degrees at Greenwich."""

    name: str
    amplitude: float
    phase: float

    @property
    def speed(self) -> float:
        try:
            return SPEEDS[self.name]
        except KeyError:
            raise ValueError(f"unknown constituent {self.name!r}") from None

    def at(self, hours: float) -> float:
        return self.amplitude * math.cos(math.radians(self.speed * hours - self.phase))


def predict_level(constituents: Iterable[Constituent], mean_level: float, hours: float) -> float:
    """The water level in metres, `hours` after the epoch of the constants."""
    return mean_level + sum(c.at(hours) for c in constituents)


def turning_points(levels: List[Tuple[float, float]]) -> List[Tuple[float, float, str]]:
    """High and low waters of a series of (hours, level), refined by a parabola through three points."""
    found = []
    for (t0, a), (t1, b), (t2, c) in zip(levels, levels[1:], levels[2:]):
        if not (b >= a and b > c or b <= a and b < c):
            continue
        curvature = a - 2 * b + c
        shift = 0.5 * (a - c) / curvature if curvature else 0.0
        level = b - 0.25 * (a - c) * shift
        found.append((t1 + shift * (t2 - t1), level, "high" if b > c else "low"))
    return found
