"""Functions that compute and keep nothing: no name is ever assigned a value."""
import math


def mean_anomaly(day, period, epoch):
    if period <= 0:
        raise ValueError("the period must be positive")
    return math.fmod(2 * math.pi * (day - epoch) / period, 2 * math.pi)


def true_anomaly(eccentric, eccentricity):
    if not 0 <= eccentricity < 1:
        raise ValueError("only closed orbits have a true anomaly here")
    return 2 * math.atan2(
        math.sqrt(1 + eccentricity) * math.sin(eccentric / 2),
        math.sqrt(1 - eccentricity) * math.cos(eccentric / 2),
    )


def distance(eccentric, eccentricity, axis):
    if axis <= 0:
        raise ValueError("the axis must be positive")
    return axis * (1 - eccentricity * math.cos(eccentric))
