"""Tide prediction from harmonic constants."""

from tidepool.harmonics import Constituent, predict_level
from tidepool.station import Station, predict

__all__ = ["Constituent", "Station", "predict", "predict_level"]
__version__ = "1.4.0"
