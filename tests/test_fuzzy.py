"""The stage `fuzzy`: hard groups, any order, any number of workers, its promises on random corpora, and known pairs of real files.

The pairs are looked for in the folder that OPENCOOKBOOK_SHARED names, else beside the repository; without them their test skips.
"""
import os
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opencookbook.core.doc import docs
from opencookbook.core.engine import Engine, write_tables
from opencookbook.core.ledger import ledger_paths
from opencookbook.data.fuzzy import Fuzzy, fuzzy
from opencookbook.data.lsh import band_hashes, s_curve
from opencookbook.data.minhash import Scheme
from opencookbook.data.shingles import Shingling, shingle_sets

PAIRS = Path(os.environ.get('OPENCOOKBOOK_SHARED', Path(__file__).resolve().parent.parent.parent/'shared'))/'data'/'neardup'/'pairs_pypi_vendored.parquet'
LOOSE = Fuzzy(bands=64, rows=8, jaccard=.7)


def corpus(top: Path, rows: list[dict], shards: int = 3) -> Path:
    top.mkdir()
    for s in range(shards): write_tables(top/f'{s}.parquet', [docs(rows[s::shards])])
    return top


def run(top: Path, src: Path, how: Fuzzy = LOOSE, workers: int = 1, before: Path | None = None) -> tuple[set[str], pa.Table, dict]:
    "Paths that stay, the ledger, the numbers."
    top.mkdir()
    sums = fuzzy(top, Engine(workers=workers, quiet=True), src, before, how=how, adds=None)
    kept = {p for f in sorted(top.glob('*.parquet')) for p in pq.read_table(f)['path'].to_pylist()}
    ledger = pa.concat_tables([pq.read_table(p) for p in ledger_paths(top)])
    assert sums['rows_in'] == len(kept) + len(ledger)
    return kept, ledger, sums


def versions(rng: random.Random, n: int) -> list[dict]:
    "Families of files: each a root and some versions with words changed."
    words, rows = [f'w{i}' for i in range(2000)], []
    for family in range(n):
        text = rng.choices(words, k=rng.choice([3, 12, 60, 200]))
        for v in range(rng.randint(1, 6)):
            rows.append(dict(repo=f'r{rng.randrange(9)}', path=f'{family}/{v}', text=' '.join(text), stars=rng.choice([None, 0, 5, 9])))
            for _ in range(rng.choice([0, 1, 4])): text[rng.randrange(len(text))] = rng.choice(words)
    return rows


def test_fifty_thousand_in_one_bucket(tmp_path):
    rows = [dict(repo='r', path=f'{i:06}', text='the same five words and more' + ' ' * (i % 7)) for i in range(50_000)]
    kept, ledger, sums = run(tmp_path/'out', corpus(tmp_path/'in', rows))
    assert kept == {'000000'} and sums['groups'] == 1 and set(ledger['similarity'].to_pylist()) == {1.}


def test_same_survivors_for_any_order_and_workers(tmp_path):
    rows, seen = versions(random.Random(0), 60), []
    for shuffle in range(5):
        random.Random(shuffle).shuffle(rows)
        src = corpus(tmp_path/f'in{shuffle}', rows, shards=1 + shuffle)
        for workers in (1, 2): seen.append(run(tmp_path/f'out{shuffle}{workers}', src, workers=workers)[0])
    assert all(s == seen[0] for s in seen) and len(seen[0]) < len(rows)


@pytest.mark.parametrize('seed', range(4))
def test_promises(tmp_path, seed):
    "Whoever goes is similar enough to one that stays, and no group loses its best."
    rows = versions(random.Random(seed), 40)
    kept, ledger, _ = run(tmp_path/'out', corpus(tmp_path/'in', rows))
    table = docs(rows)
    sets = dict(zip(table['doc_id'].to_pylist(), map(set, shingle_sets(table['text'], Shingling()).to_pylist())))
    path, stars = (dict(zip(table['doc_id'].to_pylist(), table[c].to_pylist())) for c in ('path', 'stars'))
    for gone, stays, said in zip(ledger['doc_id'].to_pylist(), ledger['survivor'].to_pylist(), ledger['similarity'].to_pylist()):
        assert path[stays] in kept
        assert len(sets[gone] & sets[stays]) / len(sets[gone] | sets[stays]) == pytest.approx(said) and said >= LOOSE.jaccard
        assert (-1 if stars[stays] is None else stars[stays]) >= (-1 if stars[gone] is None else stars[gone])


def test_two_batches_lose_what_one_would_not_keep(tmp_path):
    "What a second batch drops is similar to something of the first or of its own; nothing of the first goes."
    rows = versions(random.Random(7), 60)
    first, _, _ = run(tmp_path/'a', corpus(tmp_path/'one', rows[::2]))
    late, ledger, _ = run(tmp_path/'b', corpus(tmp_path/'two', rows[1::2]), before=tmp_path/'a')
    whole = {p for f in (tmp_path/'a').glob('*.parquet') for p in pq.read_table(f)['doc_id'].to_pylist()} | {p for f in (tmp_path/'b').glob('*.parquet') for p in pq.read_table(f)['doc_id'].to_pylist()}
    assert len(ledger) and set(ledger['survivor'].to_pylist()) <= whole and not first & late


def test_what_stayed_yesterday_stays(tmp_path):
    "Two old files are alike, which their own run allowed; a new one is like the second alone, and goes for it."
    words = [f'w{i}' for i in range(240)]
    old = [dict(repo='r', path=p, text=' '.join(words[a:a + 200])) for p, a in (('a', 0), ('b', 20))]
    both, _, _ = run(tmp_path/'day1', corpus(tmp_path/'old', old, 1), replace(LOOSE, jaccard=1.))
    assert both == {'a', 'b'}
    kept, ledger, _ = run(tmp_path/'day2', corpus(tmp_path/'new', [dict(repo='r', path='c', text=' '.join(words[40:]))], 1), before=tmp_path/'day1')
    assert not kept and ledger['survivor'].to_pylist() == docs(old)['doc_id'].to_pylist()[1:]


@pytest.mark.parametrize('left', [('_bands',), ('_bands', '_hashes'), ('_bands', '_hashes', '_edges')])
def test_goes_on_where_it_was(tmp_path, left, monkeypatch):
    "Files of a run that was cut off are used, and the result is the same."
    from opencookbook.data import fuzzy as module
    src = corpus(tmp_path/'in', versions(random.Random(3), 30))
    whole, _, _ = run(tmp_path/'whole', src)
    keep = tmp_path/'cut'; keep.mkdir()
    monkeypatch.setattr(module, 'prove_groups', lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt): fuzzy(keep, Engine(workers=1, quiet=True), src, how=LOOSE, adds=None)
    monkeypatch.undo()
    for d in {'_bands', '_hashes', '_edges'} - set(left):
        for f in (keep/d).iterdir(): f.unlink()
    fuzzy(keep, Engine(workers=1, quiet=True), src, how=LOOSE, adds=None)
    assert {f.name: f.read_bytes() for f in keep.glob('*.parquet')} == {f.name: f.read_bytes() for f in (tmp_path/'whole').glob('*.parquet')}
    assert sorted(p.name for p in keep.iterdir() if p.is_dir()) == ['_index', '_ledger', '_stats']


@pytest.mark.parametrize('kind', ['affine32', 'fast'])
@pytest.mark.parametrize('bands,rows', [(16, 128), (128, 16)])
def test_known_pairs(bands, rows, kind):
    "504 pairs of vendored files: our similarity is the known one, and bands find the share that the curve promises, within a point."
    if not PAIRS.exists(): pytest.skip(f'{PAIRS.name} is not there; OPENCOOKBOOK_SHARED says where')
    t = pq.read_table(PAIRS)
    left, right = (t[c].cast(pa.large_string()) for c in ('content_a', 'content_b'))
    sets = [[set(s) for s in shingle_sets(c, Shingling()).to_pylist()] for c in (left, right)]
    like = np.array([len(a & b) / max(1, len(a | b)) for a, b in zip(*sets)])
    assert np.abs(like - t['jaccard_w5'].to_numpy()).max() < .01
    found = [(band_hashes(left, s, bands, rows) == band_hashes(right, s, bands, rows)).any(1) for s in (Scheme(bands * rows, kind, seed) for seed in range(8))]
    near = (like > .5) & (like < 1)
    for which in (like >= 0, near): assert abs(np.mean(found, 0)[which].mean() - s_curve(like, bands, rows)[which].mean()) < .01
