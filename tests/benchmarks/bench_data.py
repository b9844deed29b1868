"""Harvest, preprocess and exact deduplication of all installed code, once and four times over: MB/s and memory.

The four-fold input is four trees of hard links to the same files, as four repositories: three of four files are copies, which is
what OpenCoder reports of GitHub. MB are bytes of decoded text that harvest kept.
"""
import json
import os
import shutil
import site
import sys
import tempfile
from pathlib import Path

from opencookbook.core.engine import Engine
from opencookbook.core.step import Step, manifest, run_step
from opencookbook.data.corpus import harvest_corpus
from opencookbook.data.exact import exact
from opencookbook.data.harvest import Tree
from opencookbook.data.preprocess import preprocess


def measure(trees: list[str], root: Path) -> dict:
    "Run the three steps; seconds, MB/s and peak MB of each and of all."
    sources = tuple(Tree(t, repo=Path(t).name) for t in trees)
    harvest = Step('harvest', harvest_corpus, dict(sources=sources))
    typed = Step('preprocess', preprocess, {}, dict(docs=harvest), kind='map')
    steps = [harvest, typed, Step('exact', exact, {}, dict(docs=typed))]
    for s in steps: run_step(s, root, Engine(quiet=True))
    found = {s.name: manifest(run_step(s, root, Engine(quiet=True))) for s in steps}
    mb = found['harvest']['numbers']['bytes_out'] / 1e6
    secs = {n: m['timing']['seconds'] for n, m in found.items()}
    return dict(mb=round(mb), files=found['harvest']['numbers']['rows_in'], documents=found['harvest']['numbers']['rows_out'], left=found['exact']['numbers']['rows_out'],
                seconds={n: round(s, 1) for n, s in secs.items()}, mb_per_s=round(mb / sum(secs.values()), 1), peak_mb={n: m['timing']['peak_mb'] for n, m in found.items()})


def main() -> None:
    packages = site.getsitepackages()[0]
    work = Path(tempfile.mkdtemp(dir=os.environ.get('BENCH_TMP'), prefix='bench-'))
    try:
        trees = [str(work/f'copy{i}') for i in range(4)]
        for t in trees: shutil.copytree(packages, t, copy_function=os.link if os.stat(packages).st_dev == os.stat(work).st_dev else shutil.copy2, symlinks=True)
        once, four = measure(trees[:1], work/'one'), measure(trees, work/'four')
        print(json.dumps(dict(workers=Engine().n_workers, once=once, four_times=four, growth=round(sum(four['seconds'].values()) / sum(once['seconds'].values()), 2))))
    finally: shutil.rmtree(work, ignore_errors=True)


if __name__ == '__main__': sys.exit(main())
