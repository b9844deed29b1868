"""A whole `opencookbook cook tiny` in an empty folder, and a second one that finds everything: seconds and memory by step."""
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def cook(runs: str) -> float:
    "Seconds of one cook."
    t = time.perf_counter()
    subprocess.run([str(Path(sys.executable).parent/'opencookbook'), 'cook', 'tiny', '--runs', runs, '--quiet'], cwd=ROOT, check=True)
    return time.perf_counter() - t


def main() -> None:
    with tempfile.TemporaryDirectory() as runs:
        first, second = cook(runs), cook(runs)
        out = subprocess.run([str(Path(sys.executable).parent/'opencookbook'), 'status', 'tiny', '--runs', runs, '--json'], cwd=ROOT, check=True, capture_output=True, text=True).stdout
        steps = {r['step']: {k: r[k] for k in ('seconds', 'peak_mb', 'rows_in', 'rows_out') if r.get(k) is not None} for r in json.loads(out)}
        print(json.dumps(dict(seconds=round(first, 1), again=round(second, 1), peak_mb=max(s['peak_mb'] for s in steps.values()), steps=steps)))


if __name__ == '__main__': main()
