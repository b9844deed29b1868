"""A static interval tree: build once, then ask which intervals cover a point or overlap a range.

Intervals are half open, ``[start, stop)``. Building costs O(n log n), a query O(log n + hits).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class Interval:
    """A half-open stretch of the number line with a label."""

    start: float
    stop: float
    label: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.stop <= self.start:
            raise ValueError(f"an interval must not be empty: [{self.start}, {self.stop})")

    def covers(self, point: float) -> bool:
        return self.start <= point < self.stop

    def overlaps(self, start: float, stop: float) -> bool:
        return self.start < stop and start < self.stop


class _Node:
    """One centre point, the intervals that cover it, and the subtrees to its left and right."""

    __slots__ = ("centre", "by_start", "by_stop", "left", "right")

    def __init__(self, intervals: list[Interval]) -> None:
        ends = sorted(edge for i in intervals for edge in (i.start, i.stop))
        self.centre = ends[(len(ends) - 1) // 2]
        here = [i for i in intervals if i.start <= self.centre < i.stop]
        below = [i for i in intervals if i.stop <= self.centre]
        above = [i for i in intervals if i.start > self.centre]
        self.by_start = sorted(here, key=lambda i: i.start)
        self.by_stop = sorted(here, key=lambda i: i.stop)
        self.left = _Node(below) if below else None
        self.right = _Node(above) if above else None

    def stab(self, point: float) -> Iterator[Interval]:
        if point < self.centre:
            n = bisect_right([i.start for i in self.by_start], point)
            yield from self.by_start[:n]
            if self.left:
                yield from self.left.stab(point)
        else:
            n = bisect_right([i.stop for i in self.by_stop], point)
            yield from self.by_stop[n:]
            if self.right:
                yield from self.right.stab(point)


class IntervalTree:
    """All intervals of a collection, arranged for stabbing and overlap queries."""

    def __init__(self, intervals: Iterable[Interval]) -> None:
        self._all = sorted(intervals)
        self._starts = [i.start for i in self._all]
        self._root = _Node(self._all) if self._all else None

    def __len__(self) -> int:
        return len(self._all)

    def at(self, point: float) -> list[Interval]:
        """Every interval that covers ``point``, in order of start."""
        return sorted(self._root.stab(point)) if self._root else []

    def overlapping(self, start: float, stop: float) -> list[Interval]:
        """Every interval that shares at least one point with ``[start, stop)``."""
        if stop <= start:
            raise ValueError(f"the range must not be empty: [{start}, {stop})")
        lo, hi = bisect_left(self._starts, start), bisect_left(self._starts, stop)
        begun_inside = self._all[lo:hi]
        begun_before = [i for i in self.at(start) if i.start < start]
        return begun_before + begun_inside

    def gaps(self, start: float, stop: float) -> Iterator[tuple[float, float]]:
        """The uncovered stretches inside ``[start, stop)``, from left to right."""
        cursor = start
        for interval in self.overlapping(start, stop):
            if interval.start > cursor:
                yield cursor, interval.start
            cursor = max(cursor, interval.stop)
        if cursor < stop:
            yield cursor, stop
