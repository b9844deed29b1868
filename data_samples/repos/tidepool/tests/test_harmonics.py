import math

import pytest

from tidepool.harmonics import Constituent, predict_level, turning_points


def test_a_single_wave_comes_back_after_its_period():
    wave = Constituent("S2", 1.0, 40.0)
    assert wave.at(0) == pytest.approx(wave.at(12))


def test_phase_is_where_the_crest_lies():
    wave = Constituent("S2", 0.5, 60.0)
    assert wave.at(2.0) == pytest.approx(0.5)


def test_unknown_waves_are_refused():
    with pytest.raises(ValueError, match="X9"):
        Constituent("X9", 1.0, 0.0).at(0)


def test_turning_points_of_a_cosine():
    levels = [(t / 4, math.cos(math.radians(30 * t / 4))) for t in range(100)]
    kinds = [kind for _, _, kind in turning_points(levels)]
    times = [time for time, _, _ in turning_points(levels)]
    assert kinds == ["low", "high", "low", "high"]
    assert times == pytest.approx([6, 12, 18, 24], abs=0.01)


def test_mean_level_is_added():
    assert predict_level([], 1.25, hours=7) == 1.25
