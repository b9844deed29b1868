"""The gate: everything that must hold before a change lands. usage: python tests/gate.py [STAGE ...]

Stages run in order; each prints its time and, if it failed, why. The last line is `N passed, N failed`.
"""
import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
ENV = {**os.environ, 'PATH': f'{BIN}:{os.environ["PATH"]}', 'HF_HUB_OFFLINE': '1', 'DO_NOT_TRACK': '1', 'DAFT_ANALYTICS_ENABLED': '0'}


def sh(*cmd: str) -> tuple[bool, str]:
    "Run a command in the project's root: did it succeed, and what did it print?"
    r = subprocess.run(cmd, cwd=ROOT, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace')
    return r.returncode == 0, r.stdout


def snapshot(*globs: str) -> dict[str, str]:
    "Hash of every file that matches."
    return {str(p.relative_to(ROOT)): hashlib.sha256(p.read_bytes()).hexdigest()
            for g in globs for p in ROOT.glob(g) if p.is_file() and not any(s[0] in '_.' for s in p.relative_to(ROOT).parts[:-1])}


def unchanged(cmd: tuple[str, ...], *globs: str) -> tuple[bool, str]:
    "Run a command that must change none of the files."
    before = snapshot(*globs)
    ok, out = sh(*cmd)
    after = snapshot(*globs)
    diff = sorted(f for f in before.keys() | after.keys() if before.get(f) != after.get(f))
    return ok and not diff, out + ''.join(f'changed: {f}\n' for f in diff)


py = str(BIN/'python')
NBS, LIB = 'nbs/**/*.ipynb', 'opencookbook/**/*.py'
STAGES: dict[str, Callable] = {
    'notebooks are clean': lambda: unchanged(('nbdev_clean',), NBS),
    'export changes nothing': lambda: unchanged(('nbdev_export',), LIB),
    'no unknown names': lambda: sh('ruff', 'check', '-q', '--select', 'F', 'opencookbook', 'tests', 'nbs/_site'),
    'chapters run and leave no difference': lambda: unchanged((py, 'tests/chapters.py'), NBS),
    'tests': lambda: sh(py, '-m', 'pytest', '-q', '-x' if os.environ.get('GATE_FAST') else '--maxfail=20', '--durations=8', 'tests'),
    'site builds and its links resolve': lambda: sh(py, 'nbs/_site/build.py', '--check', '_docs'),
    'README is what index.ipynb makes': lambda: sh(py, 'nbs/_site/readme.py', '--check'),
}


def main(wanted: list[str]) -> int:
    passed = failed = 0
    for name, stage in STAGES.items():
        if wanted and not any(w in name for w in wanted): continue
        t = time.perf_counter()
        ok, out = stage()
        n_ok, n_bad = (int(m[1]) if (m := re.search(rf'(\d+) {w}', out.splitlines()[-1] if out.strip() else '')) and name == 'tests' else 0 for w in ('passed', 'failed'))
        passed, failed = passed + (n_ok or ok), failed + (n_bad or not ok)
        print(f'{"ok  " if ok else "FAIL"} {time.perf_counter() - t:6.1f} s  {name}', flush=True)
        if not ok or name == 'tests': print(out[-6000:], flush=True)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__': sys.exit(main(sys.argv[1:]))
