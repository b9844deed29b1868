"""The sum of cosines that a tide is made of."""

import math
from dataclasses import dataclass
from typing import Iterable

# Speeds in degrees per hour; the first letter tells how often a day the wave comes.
SPEEDS = {
    "M2": 28.9841042,
    "S2": 30.0,
    "N2": 28.4397295,
    "K1": 15.0410686,
    "O1": 13.9430356,
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
