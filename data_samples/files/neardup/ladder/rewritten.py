"""Plans bicycle routes: a graph of roads with slopes, and the way that costs the least effort."""

import heapq
import math
from collections import defaultdict
from dataclasses import dataclass

GRAVITY = 9.81
ROLLING_RESISTANCE = 0.005
DRAG_AREA = 0.45
AIR_DENSITY = 1.2


@dataclass(frozen=True)
class Place:
    name: str
    east: float
    north: float
    height: float


@dataclass(frozen=True)
class Rider:
    """Mass in kilograms with bicycle and luggage, power in watts that can be kept up for hours."""

    mass: float = 90.0
    power: float = 120.0
    fastest: float = 12.0

    def force(self, speed, slope):
        weight = self.mass * GRAVITY
        hill, roll = weight * math.sin(math.atan(slope)), weight * ROLLING_RESISTANCE
        return hill + roll + AIR_DENSITY * DRAG_AREA * speed ** 2 / 2

    def speed(self, slope):
        """Newton's method on power minus force times speed."""
        v = self.fastest
        for _ in range(12):
            f = self.force(v, slope)
            error = f * v - self.power
            v -= error / (f + AIR_DENSITY * DRAG_AREA * v * v)
            v = min(max(v, 0.5), self.fastest)
        return v


class Atlas:
    def __init__(self, places, roads):
        self.places = {p.name: p for p in places}
        self.roads = defaultdict(list)
        for a, b, detour in roads:
            length = detour * math.dist((self.places[a].east, self.places[a].north), (self.places[b].east, self.places[b].north))
            rise = self.places[b].height - self.places[a].height
            self.roads[a].append((b, length, rise / length))
            self.roads[b].append((a, length, -rise / length))

    def route(self, start, goal, rider):
        """A* with the straight line at top speed as the bound."""
        heap, seen = [(0.0, 0.0, start, None)], {}
        while heap:
            _, spent, here, before = heapq.heappop(heap)
            if here in seen:
                continue
            seen[here] = before
            if here == goal:
                return self._back(seen, goal), spent
            for there, length, slope in self.roads[here]:
                cost = spent + length / rider.speed(slope)
                heapq.heappush(heap, (cost + self._bound(there, goal, rider), cost, there, here))
        raise LookupError(f"no road leads from {start} to {goal}")

    def _bound(self, a, b, rider):
        p, q = self.places[a], self.places[b]
        return math.dist((p.east, p.north), (q.east, q.north)) / rider.fastest

    @staticmethod
    def _back(seen, goal):
        path = [goal]
        while seen[path[-1]] is not None:
            path.append(seen[path[-1]])
        return path[::-1]
