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


class RoadMap:
    """Places and the roads between them; every road can be ridden both ways unless it is marked."""

    def __init__(self):
        self.places = {}
        self.roads = defaultdict(dict)

    def add_place(self, place):
        if place.name in self.places:
            raise ValueError(f"the map already has a place called {place.name}")
        self.places[place.name] = place

    def add_road(self, start, end, detour=1.0, one_way=False):
        first, second = self.places[start], self.places[end]
        straight = math.hypot(second.east - first.east, second.north - first.north)
        self.roads[start][end] = straight * detour
        if not one_way:
            self.roads[end][start] = straight * detour

    def slope(self, start, end):
        climb = self.places[end].height - self.places[start].height
        return climb / self.roads[start][end]


def force(speed, slope, rider):
    """Newtons that the rider has to overcome at a given speed on a given slope."""
    angle = math.atan(slope)
    rolling = ROLLING_RESISTANCE * rider.mass * GRAVITY * math.cos(angle)
    climbing = rider.mass * GRAVITY * math.sin(angle)
    drag = 0.5 * AIR_DENSITY * DRAG_AREA * speed * speed
    return rolling + climbing + drag


def speed_on(slope, rider, steps=40):
    """The speed at which the power of the rider is just enough, found by halving an interval."""
    low, high = 0.0, rider.fastest
    if force(high, slope, rider) * high <= rider.power:
        return high
    for _ in range(steps):
        middle = (low + high) / 2
        if force(middle, slope, rider) * middle > rider.power:
            high = middle
        else:
            low = middle
    return max(low, 0.5)


def travel_time(road_map, start, end, rider):
    distance = road_map.roads[start][end]
    return distance / speed_on(road_map.slope(start, end), rider)


def cheapest_route(road_map, start, goal, rider):
    """Dijkstra's method over travel times; returns the names of the places and the seconds."""
    best = {start: 0.0}
    came_from = {}
    queue = [(0.0, start)]
    while queue:
        seconds, here = heapq.heappop(queue)
        if here == goal:
            return unwind(came_from, goal), seconds
        if seconds > best[here]:
            continue
        for neighbour in road_map.roads[here]:
            total = seconds + travel_time(road_map, here, neighbour, rider)
            if total < best.get(neighbour, math.inf):
                best[neighbour] = total
                came_from[neighbour] = here
                heapq.heappush(queue, (total, neighbour))
    raise LookupError(f"no road leads from {start} to {goal}")


def unwind(came_from, goal):
    names = [goal]
    while names[-1] in came_from:
        names.append(came_from[names[-1]])
    return names[::-1]


def describe(road_map, names, rider):
    """One line for each road of a route, with its length, slope and time."""
    lines = []
    for start, end in zip(names, names[1:]):
        kilometres = road_map.roads[start][end] / 1000
        percent = 100 * road_map.slope(start, end)
        minutes = travel_time(road_map, start, end, rider) / 60
        lines.append(f"{start} to {end}: {kilometres:.1f} km, {percent:+.1f} %, {minutes:.0f} min")
    return lines
