"""Fuzzy deduplication of installed code. Prints JSON.

First, text to 2,048-permutation bands on one thread, MB a CPU second, beside datasketch 2 (`affine32`, on words that we cut for it) and
Daft's `minhash` (signatures alone; it cuts at blanks): the same files for all, fewer of them for the slower. Then the whole stage over all distinct files.
Where OPENCOOKBOOK_PEERS names a Python that has them, rensa and, for the whole stage over 60 MB, datatrove stand beside it (see `peer_fuzzy.py`).
"""
import json
import os
import random
import re
import shutil
import site
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import daft
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from datasketch import MinHash

from opencookbook.core.doc import docs
from opencookbook.core.engine import Engine
from opencookbook.core.step import Step, manifest, run_into, run_step
from opencookbook.data.corpus import harvest_corpus
from opencookbook.data.exact import exact
from opencookbook.data.fuzzy import Fuzzy, fuzzy
from opencookbook.data.harvest import Tree
from opencookbook.data.lsh import band_hashes
from opencookbook.data.minhash import Scheme
from opencookbook.data.preprocess import preprocess

PERMUTATIONS, BANDS = 2048, 16
PEERS = os.environ.get('OPENCOOKBOOK_PEERS')


def sample(n_bytes: int) -> list[str]:
    "Installed Python files in random order, until they have so many bytes."
    paths, texts, size = sorted(Path(site.getsitepackages()[0]).rglob('*.py')), [], 0
    random.Random(0).shuffle(paths)
    for p in paths:
        if size > n_bytes: break
        try: texts.append(p.read_text(encoding='utf-8'))
        except UnicodeDecodeError: continue
        size += len(texts[-1].encode())
    return texts


def ours(kind: str): return lambda texts: band_hashes(pa.array(texts, pa.large_string()), Scheme(PERMUTATIONS, kind), BANDS, PERMUTATIONS // BANDS)


def datasketch(texts: list[str]) -> list[np.ndarray]:
    "Signatures of word 5-grams, with the library's own hash."
    found = []
    for text in texts:
        toks, sketch = re.findall(r'\w+', text), MinHash(PERMUTATIONS)
        sketch.update_batch({' '.join(toks[i:i + 5]).encode() for i in range(max(1, len(toks) - 4))})
        found.append(sketch.hashvalues)
    return found


def daft_minhash(texts: list[str]) -> object:
    return daft.from_pydict(dict(text=texts)).select(daft.col('text').minhash(num_hashes=PERMUTATIONS, ngram_size=5)).to_arrow()


def speed(work, n_bytes: int) -> float:
    "MB a CPU second, the best of three, after a first call that compiles."
    texts, best = sample(n_bytes), np.inf
    work(texts[:20])
    for _ in range(3):
        t = time.process_time(); work(texts); best = min(best, time.process_time() - t)
    return round(sum(len(s.encode()) for s in texts) / 1e6 / best, 2)


def peer(name: str, src: Path) -> float:
    "Seconds that a peer takes."
    said = subprocess.run([PEERS, Path(__file__).with_name('peer_fuzzy.py'), name, src], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    return json.loads(said.stdout.splitlines()[-1])['seconds']


def beside_peers(work: Path) -> dict:
    "The same two shards of 30 MB for datatrove and for our stage, two processes each; and one shard for rensa."
    texts, folder, plain = sample(60_000_000), work/'beside', work/'plain'
    for d in (folder, plain): d.mkdir()
    for i in range(2):
        table = docs([dict(repo='r', path=f'{i}-{n}', text=t) for n, t in enumerate(texts[i::2])])
        pq.write_table(table, folder/f'{i}.parquet'); pq.write_table(table.select(['path', 'text']), plain/f'{i}.parquet')
    mb = [sum(len(t.encode()) for t in part) / 1e6 for part in (texts, texts[::2])]
    mine = [manifest(run_into(Step('fuzzy', fuzzy, dict(how=Fuzzy())), work/f'mine{i}', dict(docs=folder), Engine(workers=2, quiet=True)))['timing']['seconds'] for i in range(2)]
    signed, theirs = peer('rensa', plain/'0.parquet'), peer('datatrove', plain/'0.parquet')
    return dict(rensa_mb_per_cpu_s=round(mb[1] / signed, 2), datatrove_mb_per_s=round(mb[0] / theirs, 2), stage_mb_per_s=round(mb[0] / min(mine), 2))


def stage(work: Path, workers: int) -> dict:
    "The whole stage behind exact deduplication: seconds, MB/s and memory."
    harvest = Step('harvest', harvest_corpus, dict(sources=(Tree(site.getsitepackages()[0], by_folder=True),)))
    distinct = Step('exact', exact, {}, dict(docs=Step('preprocess', preprocess, {}, dict(docs=harvest), kind='map')))
    run_step(distinct, work, Engine(quiet=True))
    found = {}
    for name, how in (('16x128', Fuzzy()), ('16x128 fast', Fuzzy(kind='fast')), ('128x16', Fuzzy(bands=128, rows=16, jaccard=.7)), ('128x16 unproven', Fuzzy(bands=128, rows=16, jaccard=.7, verify=False))):
        m = manifest(run_step(Step('fuzzy', fuzzy, dict(how=how), dict(docs=distinct)), work, Engine(workers=workers, quiet=True)))
        n, t = m['numbers'], m['timing']
        found[name] = dict(mb=round(n['bytes_in'] / 1e6), docs=n['rows_in'], dropped=n['dropped'], suspects=n['suspects'], unproven=n['unproven'],
                           seconds=round(t['seconds'], 1), mb_per_s=round(n['bytes_in'] / 1e6 / t['seconds'], 1), peak_mb=t['peak_mb'])
    return found


def main() -> None:
    work = Path(tempfile.mkdtemp(dir=os.environ.get('BENCH_TMP'), prefix='bench-'))
    try:
        bands = {'affine32': speed(ours('affine32'), 30_000_000), 'fast': speed(ours('fast'), 30_000_000), 'datasketch': speed(datasketch, 1_000_000), 'daft': speed(daft_minhash, 4_000_000)}
        ratios = {f'{kind}/{peer}': round(bands[kind] / bands[peer], 1) for kind in ('affine32', 'fast') for peer in ('datasketch', 'daft')}
        if PEERS:
            beside = beside_peers(work)
            bands['rensa'] = beside['rensa_mb_per_cpu_s']
            ratios |= {f'{kind}/rensa': round(bands[kind] / bands['rensa'], 1) for kind in ('affine32', 'fast')} | {'stage/datatrove': round(beside['stage_mb_per_s'] / beside['datatrove_mb_per_s'], 1)}
        print(json.dumps(dict(mb_per_cpu_s=bands, ratios=ratios, beside=beside if PEERS else None, stage=stage(work, 2))))
    finally: shutil.rmtree(work, ignore_errors=True)


if __name__ == '__main__': sys.exit(main())
