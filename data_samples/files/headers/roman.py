#!/usr/bin/env python3
# -*- coding: utf-8 -*-
#
# Copyright (c) 2015 the roman-numbers contributors
#
# Permission is hereby granted, free of charge, to any person obtaining a copy
# of this software and associated documentation files (the "Software"), to deal
# in the Software without restriction, including without limitation the rights
# to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
# copies of the Software, and to permit persons to whom the Software is
# furnished to do so, subject to the following conditions:
#
# The above copyright notice and this permission notice shall be included in
# all copies or substantial portions of the Software.
#
# THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND.

# Values from large to small; the two-letter forms stand for subtraction.
STEPS = [
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
    (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
]


def to_roman(number):
    """Write 1..3999 in Roman numerals."""
    if not 0 < number < 4000:
        raise ValueError(f"{number} cannot be written in Roman numerals")
    text = ""
    for value, letters in STEPS:
        count, number = divmod(number, value)
        text += letters * count
    return text


def from_roman(text):
    """Read Roman numerals; anything that `to_roman` would not have written is refused."""
    rest, number = text, 0
    for value, letters in STEPS:
        while rest.startswith(letters):
            number, rest = number + value, rest[len(letters):]
    if rest or number == 0 or to_roman(number) != text:
        raise ValueError(f"not a Roman numeral: {text!r}")
    return number
