"""The command `tidepool`: a table of levels, or a curve drawn with letters."""

import argparse
import sys

from tidepool.station import Station, predict


def bar(level: float, low: float, high: float, width: int = 48) -> str:
    filled = round((level - low) / (high - low or 1) * width)
    return "~" * filled


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(prog="tidepool", description=__doc__)
    parser.add_argument("station")
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--curve", action="store_true", help="draw a curve beside the numbers")
    options = parser.parse_args(arguments)
    try:
        station = Station.load(options.station)
    except LookupError as error:
        print(f"tidepool: {error}", file=sys.stderr)
        return 1
    rows = list(predict(station, hours=options.hours))
    low, high = min(level for _, level in rows), max(level for _, level in rows)
    for time, level in rows:
        line = f"{time:%a %H:%M}  {level:+6.2f}"
        print(f"{line}  {bar(level, low, high)}" if options.curve else line)
    return 0
