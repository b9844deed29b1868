"""Generates passphrases that are easy to say. Written by hand: the word in this line is what misleads a filter
that only looks for "generate" near the top."""

import math
import secrets
from collections.abc import Sequence

CONSONANTS = "bdfghjklmnprstvz"
VOWELS = "aeiou"


def syllable() -> str:
    return secrets.choice(CONSONANTS) + secrets.choice(VOWELS)


def word(syllables: int = 3) -> str:
    if syllables < 1:
        raise ValueError(f"a word has at least one syllable, got {syllables}")
    return "".join(syllable() for _ in range(syllables))


def passphrase(words: int = 4, syllables: int = 3, separator: str = "-") -> str:
    """For instance `bodeki-fuzano-ratiha-lopeju`."""
    return separator.join(word(syllables) for _ in range(words))


def strength(words: int, syllables: int) -> float:
    """Bits of entropy: what an attacker has to guess who knows how it was made."""
    return words * syllables * math.log2(len(CONSONANTS) * len(VOWELS))


def words_needed(bits: float, syllables: int = 3, choices: Sequence[int] = range(1, 20)) -> int:
    for count in choices:
        if strength(count, syllables) >= bits:
            return count
    raise ValueError(f"{bits} bits need more than {choices[-1]} words")
