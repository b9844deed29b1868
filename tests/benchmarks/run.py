"""Run the benchmarks and keep what they measured. usage: python tests/benchmarks/run.py [NAME ...]

Each `bench_NAME.py` prints one JSON object as its last line; it is written to `results/NAME.json` with date, commit and machine.
"""
import datetime
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def machine() -> dict:
    "What the numbers were measured on."
    cpu = next((l.split(':')[1].strip() for l in open('/proc/cpuinfo') if l.startswith('model name')), platform.processor())
    ram = int(next(l.split()[1] for l in open('/proc/meminfo') if l.startswith('MemTotal'))) / 1e6
    return dict(cpu=cpu, cores=len(os.sched_getaffinity(0)), ram_gb=round(ram, 1), system=platform.platform(), python=platform.python_version())


def main(names: list[str]) -> int:
    failed = 0
    commit = subprocess.run(['git', 'rev-parse', '--short', 'HEAD'], cwd=HERE, capture_output=True, text=True).stdout.strip()
    (HERE/'results').mkdir(exist_ok=True)
    for f in sorted(HERE.glob('bench_*.py')):
        name = f.stem.removeprefix('bench_')
        if names and name not in names: continue
        load = os.getloadavg()[0]
        r = subprocess.run([sys.executable, str(f)], stdout=subprocess.PIPE, text=True)
        lines = r.stdout.strip().splitlines()
        if r.returncode or not lines: print(f'FAIL {name}'); failed += 1; continue
        kept = dict(benchmark=name, date=datetime.date.today().isoformat(), commit=commit, load_before=round(load, 2), machine=machine(), measured=json.loads(lines[-1]))
        (HERE/'results'/f'{name}.json').write_text(json.dumps(kept, indent=1) + '\n')
        print(f'ok   {name}: {lines[-1][:300]}')
    return 1 if failed else 0


if __name__ == '__main__': sys.exit(main(sys.argv[1:]))
