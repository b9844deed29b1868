"""Turns titles into names for files and addresses."""

import re
import unicodedata

_SPECIAL = str.maketrans({"ß": "ss", "æ": "ae", "ø": "oe", "đ": "d", "ł": "l", "&": " and "})


def slug(title: str, longest: int = 60) -> str:
    """Small letters, digits and dashes; empty titles become `untitled`."""
    text = title.lower().translate(_SPECIAL)
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    text = re.sub(r"[^a-z0-9]+", "-", text).strip("-")
    if len(text) > longest:
        text = text[:longest + 1].rpartition("-")[0] or text[:longest]
    return text or "untitled"


def unique_slug(title: str, taken: set[str]) -> str:
    """A slug that is not in `taken`: a number is put behind it where needed."""
    base, number = slug(title), 2
    name = base
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name
