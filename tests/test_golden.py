"""Released mode against the released filter: each of the 118 signals, what fires, and the verdict, through the stage and through the program.

The golden file says what OpenCoder's released filter computes for 1,612 files of packages; it is looked for in the folder that OPENCOOKBOOK_SHARED names (else beside the repository),
the packages' archives in the folder OPENCOOKBOOK_GOLDEN. `pip download --no-deps --no-binary :all:`, `npm pack` and `apt-get source --download-only` bring all 76 of them.
The last tests run the filter itself on files of no golden set, where OPENCOOKBOOK_RELEASED and
OPENCOOKBOOK_PEERS name it (see `benchmarks/peer_filter.py`). What is not there is skipped, and says so.

usage: pytest tests/test_golden.py            python tests/test_golden.py    prints what differs, signal by signal
"""
import importlib.metadata
import json
import os
import subprocess
import sys
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opencookbook.core.doc import docs
from opencookbook.data.filters import judge, strike
from opencookbook.data.preprocess import type_paths
from opencookbook.data.signals import SIGNALS, signals
from opencookbook.recipes.rules import OPENCODER
from program import BIN, ENV, ROOT, ledger
from test_text_signals import ARCHIVES, GOLDEN, golden_files

RELEASED, PEERS = (os.environ.get(k) for k in ('OPENCOOKBOOK_RELEASED', 'OPENCOOKBOOK_PEERS'))
CHANCE = {r.signal for r in OPENCODER if r.share < 1}  # the released filter draws without a seed, so these are judged by their signals
ENOUGH = .995


def table_of(rows: list[dict], texts: list[str]) -> pa.Table:
    return docs([dict(repo=r['archive'], path=r['member'], text=t, lang=r['program_lang'], doc_type=r['doc_type']) for r, t in zip(rows, texts)])


@cache
def golden() -> tuple[pa.Table, list[dict], list[set]]:
    "Documents, what the released filter measured, and what fired there, chance left out."
    if not GOLDEN.exists(): pytest.skip(f'{GOLDEN.name} is not there; OPENCOOKBOOK_SHARED says where')
    if not ARCHIVES.is_dir() or not (files := golden_files()): pytest.skip('no archive of the golden file is there; OPENCOOKBOOK_GOLDEN names their folder')
    rows, texts = zip(*files)
    return table_of(rows, texts), [json.loads(r['signals']) for r in rows], [{*json.loads(r['hits'])} - CHANCE for r in rows]


@cache
def measured() -> pa.Table:
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return signals(golden()[0], 'released')[0]


def equal(ours: float | None, theirs: float | bool | None) -> bool:
    return ours is None if theirs is None else ours is not None and abs(ours - theirs) <= 1e-6


def compare(table: pa.Table, theirs: list[dict]) -> dict[str, list[tuple]]:
    "For each signal a list of (path, our value, theirs) of the files where they differ, and how many have it."
    out = {}
    for name in SIGNALS:
        found = [(p, x, w[name]) for p, x, w in zip(table['path'].to_pylist(), table[name].to_pylist(), theirs) if name in w]
        out[name] = len(found), [f for f in found if not equal(*f[1:])]
    return out


def fires(r, value: float | None) -> bool:
    return value is not None and {'<': value < r.threshold, '>': value > r.threshold, '==': value == r.threshold}[r.comparison]


def fired(table: pa.Table, mask: np.ndarray) -> list[set]:
    "Signals whose rules are marked, for each document."
    return [{OPENCODER[j].signal for j in np.flatnonzero(row)} for row in mask]


# ---- the stage

def test_each_signal():
    table, theirs, _ = golden()
    found = compare(measured(), theirs)
    bad = {name: (n, differ[:3]) for name, (n, differ) in found.items() if len(differ) > (1 - ENOUGH) * n}
    assert not bad, bad
    assert len(found) == 118 and {k for w in theirs for k in w} == {k for k, (n, _) in found.items() if n}


def test_nothing_is_measured_that_the_released_filter_leaves_out():
    _, theirs, _ = golden()
    for name in SIGNALS:
        more = [w for x, w in zip(measured()[name].to_pylist(), theirs) if x is not None and name not in w]
        assert not more, (name, len(more))


def test_what_fires():
    "The same signals for each file; those that chance lets off are judged from what was measured."
    _, theirs, hits = golden()
    chance = [{r.signal for r in OPENCODER if r.share < 1 and fires(r, w.get(r.signal))} for w in theirs]
    got = fired(measured(), judge(measured(), OPENCODER)[0])
    same = [g == h | c for g, h, c in zip(got, hits, chance)]
    assert sum(same) >= ENOUGH * len(same), [(p, g ^ (h | c)) for p, g, h, c, s in zip(measured()['path'].to_pylist(), got, hits, chance, same) if not s][:5]


def test_verdicts():
    "Dropped or kept by the rules that leave nothing to chance."
    hit = judge(measured(), OPENCODER)[0][:, [r.share == 1 for r in OPENCODER]].any(1)
    same = [h == bool(w) for h, w in zip(hit.tolist(), golden()[2])]
    assert sum(same) >= ENOUGH * len(same) and 0 < hit.sum() < len(hit)


def test_chance_spares_one_hit_of_five():
    table = measured()
    hit = judge(table, OPENCODER)[0]
    spared = sum((hit & ~strike(table, OPENCODER, hit, seed)).sum() for seed in range(20)) / 20 / hit[:, [r.share < 1 for r in OPENCODER]].sum()
    assert .15 < spared < .25


def test_rules_on_what_the_released_filter_measured():
    "Its own numbers, our rules: no archive is needed."
    if not GOLDEN.exists(): pytest.skip(f'{GOLDEN.name} is not there; OPENCOOKBOOK_SHARED says where')
    rows = pq.read_table(GOLDEN).to_pylist()
    table = docs([dict(repo=r['archive'], path=r['member'], text='', lang=r['program_lang'], doc_type=r['doc_type']) for r in rows])
    table = table.append_column('natural_lang', pa.array(['en'] * len(rows)))
    told = [json.loads(r['signals']) for r in rows]
    for name in SIGNALS: table = table.append_column(name, pa.array([None if (v := s.get(name)) is None else float(v) for s in told], pa.float64()))
    hit = judge(table, OPENCODER)[0]
    ours = [{r.signal for r, h in zip(OPENCODER, row) if h} - CHANCE for row in hit]
    assert ours == [{*json.loads(r['hits'])} - CHANCE for r in rows] and sum(map(len, ours)) > 500


def test_javascript_was_compared():
    assert 'javascript' in golden()[0]['lang'].to_pylist()


# ---- the program

def reasons(row: dict) -> set[str]:
    "Signals that a ledger row names: its rule, and what else was hit."
    also = [part.removeprefix('also: ').split('; ') for part in (row['note'] or '').split('. ') if part.startswith('also: ')]
    return {said.split(' ')[0] for said in (row['rule'], *(also[0] if also else ()))}


def call(*args) -> dict:
    "What the program says as JSON."
    r = subprocess.run([BIN, *map(str, args), '--json'], env=ENV, cwd=ROOT, capture_output=True, text=True)
    assert r.returncode == 0, r.stderr
    return json.loads(r.stdout)


def test_through_the_program(tmp_path: Path):
    "`signals`, then `filters`: who is dropped, and for what, is in the ledger."
    table, _, hits = golden()
    for i in range(3): (tmp_path/'in').mkdir(exist_ok=True); pq.write_table(table.take(pa.array(range(i, len(table), 3))), tmp_path/'in'/f'{i}.parquet')
    call('signals', tmp_path/'in', tmp_path/'signals', '--mode', 'released')
    told = call('filters', tmp_path/'signals', tmp_path/'out', '--mode', 'released')
    rows = {(r['repo'], r['path']): r for r in ledger(tmp_path/'out') if r['action'] == 'drop'}
    assert (told['rows_in'], told['rows_out']) == (len(table), len(table) - len(rows))
    said = [reasons(rows[k]) - CHANCE if k in rows else set() for k in zip(table['repo'].to_pylist(), table['path'].to_pylist())]
    wrong = [(p, s, h) for p, s, h in zip(table['path'].to_pylist(), said, hits) if bool(s) != bool(h)]
    assert len(wrong) <= (1 - ENOUGH) * len(table), wrong[:5]
    assert sum(s == h for s, h in zip(said, hits)) >= ENOUGH * len(table)
    for key, r in rows.items(): assert r['rule'].split(' ')[0] in reasons(r) and r['value'] is not None and r['threshold'] is not None, key


# ---- the released filter itself, on files that stand in no golden set

def ask(table: pa.Table, tmp_path: Path) -> tuple[list[dict], list[set]]:
    "What the released filter measures now, and what fires, chance left out."
    if not RELEASED or not PEERS: pytest.skip('the released filter is not there; OPENCOOKBOOK_RELEASED and OPENCOOKBOOK_PEERS name it (see benchmarks/peer_filter.py)')
    (tmp_path/'files.json').write_text(json.dumps([[*r] for r in zip(*(table[c].to_pylist() for c in ('path', 'lang', 'doc_type', 'text')))]))
    r = subprocess.run([PEERS, ROOT/'tests'/'benchmarks'/'peer_filter.py', RELEASED, tmp_path/'files.json', '1'], capture_output=True, text=True)
    assert r.returncode == 0, r.stderr[-2000:]
    said = json.loads(r.stdout)
    return said['signals'], [{*h} - CHANCE for h in said['hits']]


def agree(table: pa.Table, tmp_path: Path) -> None:
    theirs, hits = ask(table, tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        ours = signals(table, 'released')[0]
    bad = {name: (n, differ[:3]) for name, (n, differ) in compare(ours, theirs).items() if len(differ) > (1 - ENOUGH) * n}
    assert not bad, bad
    same = [g - CHANCE == h for g, h in zip(fired(ours, judge(ours, OPENCODER)[0]), hits)]
    assert sum(same) >= ENOUGH * len(same)


def test_our_samples(tmp_path: Path):
    paths = [p for p in sorted((ROOT/'data_samples').rglob('*')) if p.is_file() and p.stat().st_size < 200_000]
    lang, kind = type_paths(pa.array(map(str, paths)))
    rows = [dict(archive='samples', member=str(p), program_lang=l, doc_type=k) for p, l, k in zip(paths, lang.to_pylist(), kind.to_pylist())]
    some = [(r, p.read_bytes().decode('utf-8', 'replace')) for r, p in zip(rows, paths) if r['doc_type'] in ('code', 'data', 'text')]
    agree(table_of(*zip(*some)), tmp_path)


def main() -> None:
    "Print what differs between released mode and the golden file."
    table, theirs, hits = golden()
    found, got = compare(measured(), theirs), fired(measured(), judge(measured(), OPENCODER)[0])
    print(f'{len(table)} files, {len(found)} signals, {sum(n for n, _ in found.values())} values; pygments {importlib.metadata.version("pygments")}, python {sys.version.split()[0]}')
    for name, (n, differ) in found.items():
        if differ: print(f'{name:48}{n:6} files, {len(differ):4} differ, first {differ[0]}')
    print(f'{sum(len(d) for _, d in found.values())} values differ, {sum(g - CHANCE != h for g, h in zip(got, hits))} sets of what fires, {sum(bool(g - CHANCE) != bool(h) for g, h in zip(got, hits))} verdicts')


if __name__ == '__main__': main()
