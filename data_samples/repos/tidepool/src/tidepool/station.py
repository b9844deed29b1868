"""Stations: where their constants are kept and how they are read."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from importlib import resources
from typing import Iterator, Tuple

from tidepool.harmonics import Constituent, predict_level
from tidepool.slug import slug

EPOCH = datetime(2000, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Station:
    name: str
    mean_level: float
    constituents: Tuple[Constituent, ...]

    @classmethod
    def from_json(cls, text: str) -> "Station":
        data = json.loads(text)
        waves = tuple(Constituent(n, float(a), float(p)) for n, a, p in data["constituents"])
        if not waves:
            raise ValueError(f"station {data['name']!r} has no constituents")
        return cls(data["name"], float(data["mean_level"]), waves)

    @classmethod
    def load(cls, name: str) -> "Station":
        folder = resources.files("tidepool") / "stations"
        path = folder / f"{slug(name)}.json"
        if not path.is_file():
            known = ", ".join(sorted(p.name[:-5] for p in folder.iterdir()))
            raise LookupError(f"no station is called {name!r}, known are: {known}")
        return cls.from_json(path.read_text(encoding="utf-8"))


def predict(station: Station, start: datetime = None, hours: int = 24, step: int = 1) -> Iterator[Tuple[datetime, float]]:
    start = start or datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)
    for n in range(0, hours, step):
        time = start + timedelta(hours=n)
        since = (time - EPOCH).total_seconds() / 3600
        yield time, predict_level(station.constituents, station.mean_level, since)
