"""Deduplication of repositories and of pieces: against Python, in any order, with any number of workers, and cut off in the middle."""
import random
from collections import defaultdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_fuzzy import LOOSE, corpus

from opencookbook.core.doc import docs
from opencookbook.core.engine import Engine, batches, shards
from opencookbook.core.ledger import ledger_paths
from opencookbook.data import levels
from opencookbook.data.levels import dedup_repos, fuzzy_pieces, join_files, join_repos
from opencookbook.data.shingles import shingles_plain


def forks(rng: random.Random, n: int) -> list[dict]:
    "Repositories of small files, and versions of them with files missing and words changed."
    words, rows = [f'w{i}' for i in range(3000)], []
    for repo in range(n):
        files = [' '.join(rng.choices(words, k=rng.choice([0, 4, 40, 150]))) + '\n' * rng.randrange(2) for _ in range(rng.randint(1, 9))]
        for v in range(rng.randint(1, 4)):
            stars, licence = rng.choice([None, 3, 9]), rng.choice([None, 'MIT', 'GPL-3.0-only'])
            rows += [dict(repo=f'{repo}/{v}', path=f'{i}.txt', text=t, stars=stars, license=licence) for i, t in enumerate(files)]
            if len(files) > 1 and rng.random() < .4: files = files[:-1]
            files = [t.replace(' ', ' new ', rng.choice([0, 0, 1])) for t in files]
    return rows


def left(out: Path) -> list[tuple]:
    return sorted((r['repo'], r['path']) for s in shards(out) for t in batches(s, ['doc_id', 'repo', 'path', 'text']) for r in t.to_pylist())


def run(fn, top: Path, src: Path, workers: int = 1, **kw) -> list[tuple]:
    top.mkdir()
    sums = fn(top, Engine(workers=workers, quiet=True), src, **kw)
    assert sums['rows_in'] == sums['rows_out'] + sums['dropped'] and sums['rows_out'] == len(left(top))
    return left(top)


def whole(rows: list[dict]) -> dict[str, str]:
    "Repositories, put together by hand."
    found = defaultdict(str)
    for r in sorted(rows, key=lambda r: r['path']): found[r['repo']] += r['text'] + '\n' * (r['text'] != '' and r['text'][-1] != '\n')
    return dict(found)


@pytest.mark.parametrize('seed', range(3))
def test_repositories_are_their_files(tmp_path, seed, monkeypatch):
    monkeypatch.setattr(levels, 'FILES', 7)
    rows = forks(random.Random(seed), 30)
    src = corpus(tmp_path/'in', random.Random(seed).sample(rows, len(rows)), 1 + 2 * seed)
    made = join_repos(tmp_path/'out', Engine(workers=1, quiet=True), src)
    got = pa.concat_tables([pq.read_table(s) for s in shards(tmp_path/'out')])
    assert dict(zip(got['repo'].to_pylist(), got['text'].to_pylist())) == whole(rows) and made == dict(rows_in=len(rows), rows_out=len(whole(rows)))
    assert got['n_bytes'].to_pylist() == [len(t.encode()) for t in got['text'].to_pylist()]
    for r in got.to_pylist():
        mine = [x for x in rows if x['repo'] == r['repo']]
        assert (r['stars'], r['license']) == (mine[0]['stars'], mine[0]['license'])


@pytest.mark.parametrize('seed', range(3))
def test_a_repository_goes_for_one_that_is_like_it(tmp_path, seed):
    rows = forks(random.Random(seed), 40)
    kept = run(dedup_repos, tmp_path/'out', corpus(tmp_path/'in', rows), how=LOOSE)
    ledger = pa.concat_tables([pq.read_table(p) for p in ledger_paths(tmp_path/'out')]).to_pylist()
    sets = {k: shingles_plain(v.encode()) for k, v in whole(rows).items()}
    assert {r for r, _ in kept} | {r['repo'] for r in ledger} == {*sets} and not {r for r, _ in kept} & {r['repo'] for r in ledger}
    for r in ledger:
        stays = r['note'].removeprefix('its repository is nearly ').removeprefix('its repository is a copy of ')
        a, b = sets[r['repo']], sets[stays]
        assert len(a & b) / len(a | b) == pytest.approx(r['similarity']) and r['similarity'] >= LOOSE.jaccard
        assert stays in {r for r, _ in kept}
    assert ledger


def test_same_files_for_any_order_and_workers(tmp_path, monkeypatch):
    monkeypatch.setattr(levels, 'FILES', 20)
    rows, seen = forks(random.Random(5), 30), []
    for shuffle in range(3):
        random.Random(shuffle).shuffle(rows)
        src = corpus(tmp_path/f'in{shuffle}', rows, 1 + shuffle)
        seen += [run(dedup_repos, tmp_path/f'out{shuffle}{w}', src, w, how=how) for w in (1, 2) for how in (LOOSE,)]
    assert all(s == seen[0] for s in seen) and len(seen[0]) < len(rows)


def test_equal_repositories(tmp_path):
    rows = [dict(repo=r, path=f'{i}.txt', text=t, stars=s) for r, s, texts in (('a', 1, 'xyz'), ('b', 7, 'xyz'), ('c', 9, 'xy')) for i, t in enumerate(texts)]
    assert {r for r, _ in run(dedup_repos, tmp_path/'out', corpus(tmp_path/'in', rows), how=None)} == {'b', 'c'}


@pytest.mark.parametrize('at', ['_send', '_join', 'fuzzy', '_gone_repos', 'map_shards'])
def test_goes_on_where_it_was(tmp_path, at, monkeypatch):
    src = corpus(tmp_path/'in', forks(random.Random(9), 20))
    want = run(dedup_repos, tmp_path/'want', src, how=LOOSE)
    (tmp_path/'cut').mkdir()
    with monkeypatch.context() as m:
        m.setattr(levels, at, lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(BaseException): dedup_repos(tmp_path/'cut', Engine(workers=1, quiet=True), src, how=LOOSE)
    dedup_repos(tmp_path/'cut', Engine(workers=1, quiet=True), src, how=LOOSE)
    assert left(tmp_path/'cut') == want
    assert {p.name: p.read_bytes() for p in (tmp_path/'cut').rglob('*.parquet')} == {p.name: p.read_bytes() for p in (tmp_path/'want').rglob('*.parquet')}
    assert sorted(p.name for p in (tmp_path/'cut').iterdir()) == sorted(p.name for p in (tmp_path/'want').iterdir())


def by_words(texts: list[str]) -> list[list[str]]:
    "Twenty words to a piece."
    return [[''.join(w + ' ' for w in ws[i:i + 20])[:None if i + 20 < len(ws) else -1] for i in range(0, len(ws), 20)] for ws in (t.split(' ') for t in texts)]


def test_pieces(tmp_path):
    rng = random.Random(2)
    words = [' '.join(rng.choices('abcdefgh', k=20)) for _ in range(30)]
    rows = [dict(repo='r', path=f'{i:02}', text=' '.join(rng.sample(words, rng.randint(1, 9)))) for i in range(20)]
    kept = run(fuzzy_pieces, tmp_path/'out', corpus(tmp_path/'in', rows), cut=by_words)
    want, seen = [], set()
    for r in rows:
        for i, p in enumerate(by_words([r['text']])[0], 1):
            if p.strip() not in seen: want.append(('r', f"{r['path']}#{i}"))
            seen.add(p.strip())
    assert kept == sorted(want) and len(want) == len(seen)


def test_no_file_no_repository():
    assert len(join_files(docs([]))) == 0
