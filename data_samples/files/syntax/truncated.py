"""Reads a calendar and finds free mornings. The download stopped in the middle."""

from datetime import date, timedelta


def busy_days(lines):
    """Dates of all entries that begin before noon."""
    for line in lines:
        day, _, rest = line.partition(" ")
        hour = int(rest.split(":", 1)[0])
        if hour < 12:
            yield date.fromisoformat(day)


def free_mornings(lines, first, weeks=4):
    busy = set(busy_days(lines))
    days = (first + timedelta(days=n) for n in range(7 * weeks))
    return [day for day in days if day.weekday() < 5 and day not in busy]


def longest_free_run(lines, first, weeks=4):
    """The longest stretch of free mornings, weekends do not break it."""
    best, run = [], []
    for day in free_mornings(lines, first, weeks):
        gap = (day - run[-1]).days if run else 1
        if gap == 1 or (gap == 3 and day.weekday() == 0
