"""Conversion between units of length.

Copyright 2018 by Teodora Ilieva. All rights reserved.
This file is part of the Measurekit library, and is made available under the
MIT license. Please see the LICENSE file that should have been included as
part of this package.
"""

from fractions import Fraction

IN_METRES = {
    "m": Fraction(1),
    "km": Fraction(1000),
    "inch": Fraction(254, 10000),
    "ft": Fraction(3048, 10000),
    "mile": Fraction(1609344, 1000),
    "nautical mile": Fraction(1852),
}


def factor(unit):
    """How many metres one `unit` has, exactly."""
    try:
        return IN_METRES[unit]
    except KeyError:
        known = ", ".join(sorted(IN_METRES))
        raise ValueError(f"unknown unit {unit!r}, known are: {known}") from None


def convert(value, source, target):
    """Convert exactly; give an int or a Fraction if you want one back."""
    return value * factor(source) / factor(target)
