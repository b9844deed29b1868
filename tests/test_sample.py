"""Sampling to a budget: against sorting, over shards and workers, and for any table."""
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_fuzzy import corpus

from opencookbook.core.doc import docs, draw
from opencookbook.core.engine import Engine, batches, shards, write_tables
from opencookbook.data.sample import BINS, Budget, Edge, limit, parse_budget, sample_corpus, tally


def rows(n: int, lang: str, seed: int = 0) -> list[dict]:
    rng = random.Random(seed)
    return [dict(repo=lang, path=f'{i}', lang=lang, text='x' * rng.choice([0, 1, 10, 500])) for i in range(n)]


def by_sorting(rows: list[dict], lang: str, most: float, seed: int) -> set[str]:
    "What fits, file by file in the order of their places."
    t, kept = docs([r for r in rows if r['lang'] == lang]), set()
    for at, size, path in sorted(zip(draw(t['doc_id'], seed, 'sample').tolist(), t['n_bytes'].to_pylist(), t['path'].to_pylist())):
        if (most := most - size) < 0: break
        kept.add(path)
    return kept


def run(top: Path, src: Path, workers: int = 1, **kw) -> set[tuple]:
    top.mkdir()
    sample_corpus(top, Engine(workers=workers, quiet=True), src, **kw)
    return {(r['lang'], r['path']) for s in shards(top) for t in batches(s) for r in t.select(['lang', 'path']).to_pylist()}


@pytest.mark.parametrize('seed', range(5))
def test_as_by_sorting_over_shards_and_workers(tmp_path, seed):
    all_rows = rows(400, 'java', seed) + rows(300, 'html', seed + 9) + rows(50, 'go')
    java = sum(len(r['text']) for r in all_rows if r['lang'] == 'java')
    want = {('java', p) for p in by_sorting(all_rows, 'java', int(.3 * java), seed)} | {('html', p) for p in by_sorting(all_rows, 'html', 9000, seed)} | {('go', str(i)) for i in range(50)}
    random.Random(seed).shuffle(all_rows)
    src = corpus(tmp_path/'in', all_rows, 1 + seed)
    budgets = (Budget('java', .3), Budget('html', amount=9000))
    assert run(tmp_path/'one', src, budgets=budgets, seed=seed) == run(tmp_path/'two', src, 2, budgets=budgets, seed=seed) == want


@pytest.mark.parametrize('amount', [0, 699, 700, 701, 706])
def test_counting_something_else(tmp_path, amount):
    t = docs(rows(300, 'c')); t = t.append_column('tokens', pa.array([7] * 300))
    (tmp_path/'in').mkdir(); write_tables(tmp_path/'in'/'0.parquet', [t])
    assert len(run(tmp_path/'out', tmp_path/'in', budgets=(Budget('c', amount=amount),), by='tokens')) == amount // 7


@pytest.mark.parametrize('room, top', [(6, .1), (7, .2), (13, .2), (14, .3), (20, .3), (21, 1.)])
def test_files_of_one_bin(room, top):
    assert limit(Edge('c', BINS - 1, room), np.array([.3, .1, .2]), np.array([7, 7, 7])) == top


def test_a_table_of_somebody_else(tmp_path):
    (tmp_path/'in').mkdir()
    write_tables(tmp_path/'in'/'0.parquet', [docs(rows(200, 'c')).select(['repo', 'path', 'text', 'lang'])])
    assert 0 < len(run(tmp_path/'out', tmp_path/'in', budgets=(Budget('c', .5),), adds=None)) < 200


@given(st.lists(st.integers(0, 99), min_size=1, max_size=60), st.integers(0, 59))
@settings(max_examples=50, deadline=None)
def test_sums_can_be_added(sizes, cut):
    t = docs([dict(repo='r', path=str(i), lang='c' if n % 3 else None, text='x' * n) for i, n in enumerate(sizes)])
    assert (tally(t[:cut], ['c'], 1) + tally(t[cut:], ['c'], 1) == tally(t, ['c'], 1)).all()
    assert tally(t, ['c'], 1).sum() == sum(n for n in sizes if n % 3)


@pytest.mark.parametrize('said', ['', 'java', '=5', 'java=', 'java=many', 'java=5.5.5', 'java=nanB', 'java=-1', 'java=101%', 'java=infGB', 'java=.', 'java=5%B', 'java=1e9'])
def test_no_budget(said):
    with pytest.raises(ValueError, match='budget|share|amount'): parse_budget(said)
