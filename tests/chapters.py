"""Run chapters in place: execute each notebook, save its outputs, clean it.

usage: python tests/chapters.py [--workers N] [NOTEBOOK ...]      (default: every chapter, 2 at a time)

A chapter that ran before and has not changed is left byte for byte as it was: that is what CI checks.
"""
import argparse
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

NBS = Path(__file__).resolve().parent.parent/'nbs'
ENV = dict(IN_TEST='1', DO_NOT_TRACK='1', DAFT_ANALYTICS_ENABLED='0', HF_HUB_OFFLINE='1', TOKENIZERS_PARALLELISM='false',
           OMP_NUM_THREADS='1', PYTHONHASHSEED='0', PYTHONWARNINGS='ignore', DAFT_PROGRESS_BAR='0', COLUMNS='100')
COMPILED = Path(os.environ.get('XDG_CACHE_HOME') or Path.home()/'.cache')/'ipython'/'numba_cache'  # a cell there does not know that a function it calls has changed
KERNEL = dict(display_name='Python 3', language='python', name='python3')  # so that JupyterLab does not ask


def chapters() -> list[Path]:
    "Every chapter, in reading order; names that begin with `_` or `.` are none."
    return [p for p in sorted(NBS.rglob('*.ipynb')) if not any(s[0] in '_.' for s in p.relative_to(NBS).parts)]


def execute(nb: Path):
    "Run one notebook in this process with its folder as working directory, write outputs back, clean."
    from execnb.nbio import read_nb, write_nb
    from execnb.shell import CaptureShell
    from nbdev.clean import clean_nb
    os.chdir(nb.parent)
    book = read_nb(nb)
    for c in book.cells:
        if c.cell_type == 'code': c.outputs = []
    shell = CaptureShell(path=nb.parent)
    shell.run_all(book, exc_stop=True)
    book.metadata = dict(kernelspec=KERNEL)
    clean_nb(book)
    write_nb(book, nb)


def run(nb: Path) -> tuple[Path, int, float, str]:
    "Run one notebook in a fresh process: (notebook, exit status, seconds, end of its error output)."
    t = time.perf_counter()
    r = subprocess.run([sys.executable, __file__, '--one', str(nb)], env={**os.environ, **ENV}, capture_output=True, text=True)
    return nb, r.returncode, time.perf_counter() - t, (r.stdout + r.stderr)[-4000:]


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument('notebooks', nargs='*', type=Path)
    ap.add_argument('--workers', type=int, default=2)
    ap.add_argument('--one', type=Path, help=argparse.SUPPRESS)
    a = ap.parse_args()
    if a.one: return execute(a.one.resolve()) or 0
    shutil.rmtree(COMPILED, ignore_errors=True)
    todo, failed = [p.resolve() for p in a.notebooks] or chapters(), 0
    with ThreadPoolExecutor(a.workers) as pool:
        for nb, rc, secs, tail in pool.map(run, todo):
            print(f'{"ok  " if rc == 0 else "FAIL"} {secs:6.1f} s  {nb.relative_to(NBS)}', flush=True)
            if rc: failed += 1; print(tail)
    return 1 if failed else 0


if __name__ == '__main__': sys.exit(main())
