"""The same recipe gives the same bytes: for 1 and 2 workers, in any order of units and rows, on this machine and on Ray."""
import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from opencookbook.core.engine import Engine, batches, shards, write_tables
from opencookbook.core.step import TIMING, Step, run_into
from opencookbook.data.exact import exact
from opencookbook.data.harvest import Tree
from opencookbook.recipes.pipeline import cook
from opencookbook.recipes.tiny import SAMPLE, data_steps, token_steps

ROOT = Path(__file__).resolve().parent.parent
HERE = replace(SAMPLE, source=Tree(str(ROOT/'data_samples'), repo='data_samples', by_folder=True))


def goals():
    d = data_steps(HERE)
    return [d['split'], *token_steps(HERE, d['split']).values()]


def digest(root: Path) -> dict[str, str]:
    "Hash of every file of a run, but the timings and the locks."
    return {str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(root.rglob('*')) if p.is_file() and p.name != TIMING and not p.name.endswith('.lock')}


@pytest.fixture(scope='module')
def want(tmp_path_factory) -> dict[str, str]:
    out = tmp_path_factory.mktemp('one')
    cook('sample', goals(), out, Engine(workers=1, quiet=True))
    return digest(out)


def test_two_workers(want, tmp_path):
    cook('sample', goals(), tmp_path, Engine(workers=2, quiet=True))
    assert digest(tmp_path) == want


def test_units_in_another_order(want, tmp_path, monkeypatch):
    from opencookbook.data import corpus
    monkeypatch.setattr(corpus, 'plan', lambda *a, plan=corpus.plan: plan(*a)[::-1])
    monkeypatch.setattr('opencookbook.core.engine.each', lambda engine, fn, tasks, title='': [fn(t) for t in list(tasks)[::-1]])
    monkeypatch.setattr(corpus, 'each', lambda engine, fn, tasks, title='': [fn(t) for t in list(tasks)[::-1]])
    cook('sample', goals(), tmp_path, Engine(workers=1, quiet=True))
    assert digest(tmp_path) == want


RAY = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from test_determinism import cook, goals
from opencookbook.core.engine import Engine
cook('sample', goals(), Path({out!r}), Engine('ray', workers=2, quiet=True))
"""


def test_on_ray(want, tmp_path):
    pytest.importorskip('ray', reason='needs Ray: pip install opencookbook[cluster]')
    r = subprocess.run([sys.executable, '-c', RAY.format(tests=str(ROOT/'tests'), out=str(tmp_path))], capture_output=True, text=True, timeout=300, cwd=ROOT)
    assert r.returncode == 0, r.stderr[-3000:]
    assert digest(tmp_path) == want


def test_rows_in_another_order_keep_the_same_documents(tmp_path):
    "Exact deduplication and rules decide by content: shuffled rows in other shards give the same survivors."
    d = data_steps(HERE)
    first = cook('a', [d['preprocess']], tmp_path/'a', Engine(workers=1, quiet=True))[-1]
    table = pa.concat_tables([t for s in shards(first) for t in batches(s)])
    rng, kept = np.random.default_rng(0), []
    for seed in range(3):
        mixed = table.take(pa.array(rng.permutation(len(table)))) if seed else table
        (src := tmp_path/f'in{seed}').mkdir()
        for i in range(1 + seed): write_tables(src/f'part-{i}.parquet', [mixed.slice(i * len(table) // (1 + seed), (i + 1) * len(table) // (1 + seed) - i * len(table) // (1 + seed))])
        out = run_into(Step('exact', exact, dict(adds=None)), tmp_path/f'out{seed}', dict(docs=src), Engine(workers=1, quiet=True))
        kept.append(sorted(i for s in shards(out) for t in batches(s, ['doc_id']) for i in t['doc_id'].to_pylist()))
    assert kept[0] == kept[1] == kept[2] and len(kept[0]) < len(table)
