"""All 118 signals and the rules on real files of eight languages, beside the released filter itself. Prints JSON. usage: python tests/benchmarks/bench_filter.py

MB of text a CPU second, one thread, the best of three; the same files for both, by language and together. The released filter is no part of this project: `peer_filter.py` says how
to bring it; OPENCOOKBOOK_RELEASED names its folder, OPENCOOKBOOK_PEERS a Python that has what it needs. Without them only ours is measured.

Files: those of the golden set where its archives are (OPENCOOKBOOK_SHARED, OPENCOOKBOOK_GOLDEN), else installed code and data_samples. By language ours gets the files over and over, to
at least 2 MB: a call takes some milliseconds however few they are. Together each file is there once. Without parsers: the stage without the signals of Python, the only ones that
need a syntax tree in sound mode (110 signals); and without any language's signals (65). Growth: the stage as a map step over 4 shards and over 16, each all files, in fresh processes.
"""
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT/'tests')]

from installed import installed, seconds
from peer_filter import peak_mb
from test_text_signals import ARCHIVES, GOLDEN, golden_files

from opencookbook.core.doc import docs
from opencookbook.core.engine import Engine
from opencookbook.core.step import Step, run_into
from opencookbook.data.filters import filters
from opencookbook.data.language_signals import LANGUAGES
from opencookbook.data.signals import signals
from opencookbook.recipes.rules import OPENCODER

RELEASED, PEERS = (os.environ.get(k) for k in ('OPENCOOKBOOK_RELEASED', 'OPENCOOKBOOK_PEERS'))


def real_files() -> tuple[str, pa.Table]:
    "Where files come from, and documents of eight languages."
    if GOLDEN.exists() and ARCHIVES.is_dir() and (found := golden_files()):
        return 'golden', docs([dict(repo=r['archive'], path=r['member'], text=t, lang=r['program_lang'], doc_type='code') for r, t in found if r['program_lang'] in LANGUAGES])
    samples = [r for r in csv.DictReader(open(ROOT/'data_samples/samples.csv')) if r['language'] in LANGUAGES and r['encoding'] == 'utf-8']
    rows = [dict(repo='samples', path=r['path'], text=(ROOT/'data_samples'/r['path']).read_text(), lang=r['language'], doc_type='code') for r in samples]
    found = installed([*LANGUAGES])
    return 'installed code and data_samples', docs(rows + [r for lang in LANGUAGES for r in some(found.filter(pc.equal(found['lang'], lang)), 1_000_000)])


def some(table: pa.Table, n_bytes: int) -> list[dict]:
    "Files in random order until they have so many bytes."
    order = np.random.default_rng(0).permutation(len(table))
    ends = np.cumsum(table['n_bytes'].to_numpy()[order])
    return table.select(['repo', 'path', 'text', 'lang', 'doc_type']).take(pa.array(order[:1 + np.searchsorted(ends, n_bytes)][:len(table)])).to_pylist()


def stage(table: pa.Table, mode: str = 'sound') -> tuple[pa.Table, pa.Table]: return filters(signals(table, mode)[0], OPENCODER)


def mb(table: pa.Table) -> float: return pc.sum(table['n_bytes']).as_py() / 1e6


def rate(table: pa.Table, mode: str = 'sound') -> float:
    "MB a CPU second."
    stage(table, mode)
    return mb(table) / seconds(stage, table, mode)


def over_and_over(table: pa.Table, least: float = 2) -> pa.Table: return pa.concat_tables([table] * int(1 + least // mb(table)))


def by_language(table: pa.Table, mode: str) -> dict[str, float]:
    "MB a CPU second for each language, and for all."
    return {lang: rate(over_and_over(table.filter(pc.equal(table['lang'], lang))), mode) for lang in LANGUAGES} | {'all': rate(table, mode)}


def without_parsers(table: pa.Table) -> dict[str, float]:
    "The same with fewer signals; their columns are there and empty."
    with patch.dict(LANGUAGES, python=lambda counts: {}): signals_110 = rate(table)
    with patch('opencookbook.data.signals.signals_of', lambda *a: {}): signals_65 = rate(table)
    return dict(signals_110=signals_110, signals_65=signals_65)


def released(table: pa.Table) -> dict:
    "What the released filter takes and says; it gets the same files."
    with tempfile.NamedTemporaryFile('w', suffix='.json') as f:
        json.dump([[*r] for r in zip(*(table[c].to_pylist() for c in ('path', 'lang', 'doc_type', 'text')))], f); f.flush()
        r = subprocess.run([PEERS, str(Path(__file__).with_name('peer_filter.py')), RELEASED, f.name, '3'], capture_output=True, text=True)
    if r.returncode: sys.exit(f'the released filter failed: {r.stderr.strip().splitlines()[-1]}')
    return json.loads(r.stdout)


def agreement(table: pa.Table, theirs: dict) -> float:
    "Share of all values that released mode finds like the released filter in this very run."
    ours, equal = signals(table, 'released')[0].to_pylist(), []
    for mine, signals_of_file in zip(ours, theirs['signals']):
        equal += [mine[k] is None if v is None else mine[k] is not None and abs(mine[k] - v) <= 1e-6 for k, v in signals_of_file.items()]
    return sum(equal) / len(equal)


def grown(src: str, n: int) -> dict:
    "In this process: CPU seconds and peak memory of a map step over the first shards."
    stage(pq.read_table(src + '/00.parquet').slice(0, 50))
    with tempfile.TemporaryDirectory(dir=os.environ.get('BENCH_TMP')) as top:
        Path(f'{top}/in').mkdir()
        for i in range(n): os.symlink(f'{src}/{i:02}.parquet', f'{top}/in/{i:02}.parquet')
        began = time.process_time()
        run_into(Step('filters', stage, kind='map'), Path(top)/'out', dict(docs=Path(f'{top}/in')), Engine(workers=1, quiet=True))
        return dict(seconds=time.process_time() - began, peak_mb=peak_mb())


def growth(table: pa.Table) -> dict:
    "Four times the input, in a process of its own."
    with tempfile.TemporaryDirectory(dir=os.environ.get('BENCH_TMP')) as top:
        for i in range(16): pq.write_table(table, f'{top}/{i:02}.parquet')
        small, large = (json.loads(subprocess.run([sys.executable, __file__, top, str(n)], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[-1]) for n in (4, 16))
    return dict(shards_4=small, shards_16=large, times_the_time=large['seconds'] / small['seconds'], times_the_memory=large['peak_mb'] / small['peak_mb'])


def rounded(x): return {k: rounded(v) for k, v in x.items()} if isinstance(x, dict) else round(x, 3) if isinstance(x, float) else x


def main() -> None:
    warnings.simplefilter('ignore')
    source, table = real_files()
    out = dict(files=source, n_files=len(table), mb=mb(table), rules=len(OPENCODER), mb_per_s={mode: by_language(table, mode) for mode in ('sound', 'released')}, without_parsers=without_parsers(table))
    if RELEASED and PEERS:
        theirs, sizes = released(table), {lang: mb(table.filter(pc.equal(table['lang'], lang))) for lang in LANGUAGES}
        slow = {lang: sizes[lang] / s for lang, s in theirs['seconds'].items()} | {'all': mb(table) / sum(theirs['seconds'].values())}
        out |= dict(peer_mb_per_s=slow, peer_peak_mb=theirs['peak_mb'], ratios={mode: {k: v / slow[k] for k, v in found.items()} for mode, found in out['mb_per_s'].items()},
                    agreement=agreement(table, theirs))
    print(json.dumps(rounded(out | dict(growth=growth(table)))))


if __name__ == '__main__': print(json.dumps(grown(sys.argv[1], int(sys.argv[2])))) if len(sys.argv) > 1 else sys.exit(main())
