"""How the stage `fuzzy` grows: time and memory on 1, 2, 4 and 8 times the input, and what follows for the corpus of a paper. Prints JSON.

usage: python tests/benchmarks/bench_scale.py [--small] [--part real short exchange] [--docs 5000000] [--workers 2]

real      All distinct files of installed code, and copies in which every letter and digit is moved on by the number of the copy. Words stay as long
          as they are and different words stay different, so a copy has the likenesses of the original and none with it: suspects and removals grow
          with the input. This measures the machinery. It does not show that a larger corpus also has more near-copies a file; then proof costs more.
short     Made-up documents of 60 words, each shard written by itself. One in twenty is an earlier one on lines, one in twenty an earlier one with
          another last word (J = 55/57). Short documents are the hard case for all that is paid a document and not a byte.
exchange  One bucket gathered from ever more files: what 8 times the input cannot show, since files times buckets grows with its square.

Each size runs in a process of its own. Time and memory are the step's own; memory is of all processes, by proportional set size, twice a second.
"""
import argparse
import json
import os
import resource
import shutil
import site
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit, uint64

from opencookbook.core.doc import as_docs, text_buffers
from opencookbook.core.engine import Engine, batches, n_rows, shard_names, write_tables
from opencookbook.core.exchange import buckets_of, gather, n_buckets, scatter
from opencookbook.core.step import Step, _tree_mb, manifest, run_into, run_step
from opencookbook.data.corpus import harvest_corpus
from opencookbook.data.exact import exact
from opencookbook.data.fuzzy import HASHES, SUSPECTS, Fuzzy, fuzzy
from opencookbook.data.harvest import Tree
from opencookbook.data.preprocess import preprocess
from opencookbook.data.shingles import mix

TIMES = (1, 2, 4, 8)
PAPER = 485_817_123  # Python files before deduplication (OpenCoder, table 9)


# ---------------------------------------------------------------- one run

def shape(corpus: Path) -> dict:
    "What memory depends on besides the number of documents: the largest shard, row group and document."
    rows, group, longest = 0, 0, 0
    for shard in shard_names(corpus).values():
        rows = max(rows, n_rows(shard))
        for t in batches(shard, ['text']):
            sizes = pc.binary_length(t['text'])
            group, longest = max(group, pc.sum(sizes).as_py() or 0), max(longest, pc.max(sizes).as_py() or 0)
    return dict(shard_docs=rows, group_mb=round(group / 1e6, 1), longest_mb=round(longest / 1e6, 1))


def memory_mb(docs: int, suspects: int, dropped: int, mb: float, shard_docs: int, group_mb: float, longest_mb: float, workers: int = 2, **_) -> dict:
    """Estimated, by phase, for the moment when all workers are at their largest, which few shards may never bring; on top of processes that have nothing to do. The terms are those of the code, the factors were fitted to small runs, upwards:
    hash   each worker: 15 arrays like the band hashes of a shard (read, filtered, numbered, sorted, written), a row group 6 times, 28 a byte of the longest document
    match  each worker: 100 a hash of its bucket
    plan   the planner: 4 a document for the forest, 1 to mark company; 56 a suspect, 132 a removal
    prove  each worker: 5 a byte of text of the suspects of its bucket (sets, bands and ranks; read, sorted, compared)"""
    bands = Fuzzy().bands
    return dict(hash=workers * (15 * 8 * bands * shard_docs / 1e6 + 6 * group_mb + 28 * longest_mb), match=workers * 100 * min(HASHES, docs * bands) / 1e6,
                plan=(5 * docs + 56 * suspects + 132 * dropped) / 1e6, prove=workers * 5 * min(SUSPECTS / 1e6, mb * suspects / docs))


def one(corpus: Path, out: Path, workers: int) -> dict:
    "Run the stage; what the step says of itself."
    m = manifest(run_into(Step('fuzzy', fuzzy, dict(how=Fuzzy())), out, dict(docs=corpus), Engine(workers=workers, quiet=True)))
    n, t, cpu = m['numbers'], m['timing'], sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return dict(docs=n['rows_in'], mb=round(n['bytes_in'] / 1e6, 1), shards=len(shard_names(corpus)), suspects=n['suspects'], groups=n['groups'], dropped=n['dropped'],
                seconds=round(t['seconds'], 2), cpu_s=round(cpu, 2), mb_per_s=round(n['bytes_in'] / 1e6 / t['seconds'], 1), docs_per_s=round(n['rows_in'] / t['seconds']), peak_mb=round(t['peak_mb']))


def alone(corpus: Path, workers: int) -> dict:
    "The same in a process of its own."
    out = corpus.with_name(f'{corpus.name}-out')
    said = subprocess.run([sys.executable, __file__, '--one', str(corpus), str(out), '--workers', str(workers)], stdout=subprocess.PIPE, text=True, check=True).stdout
    shutil.rmtree(out)
    return json.loads(said.splitlines()[-1])


def grown(corpora: list[Path], workers: int) -> list[dict]:
    "All sizes; time beside what the smallest would make us expect, and memory beside the estimate. One worker is this process, and keeps what each phase took."
    like = shape(corpora[0])  # the shards of all sizes are alike
    found = [{**alone(c, workers), **like} for c in corpora]
    idle = alone(nearly_nothing(corpora[0].with_name('idle')), workers)['peak_mb']
    for f in found:
        phases = memory_mb(**f, workers=min(workers, f['shards']))
        f.update(to_linear=round(f['seconds'] / found[0]['seconds'] / (f['docs'] / found[0]['docs']), 2), idle_mb=idle, predicted_mb=round(idle + (max if workers > 1 else sum)(phases.values())), phases_mb={k: round(v) for k, v in phases.items()})
    return found


def sizes(work: Path, name: str, files: Callable[[int], Iterable[tuple[str, Iterable[pa.Table]]]]) -> list[Path]:
    "Corpora of 1, 2, 4 and 8 parts; a file is written once and linked into those that hold its part."
    corpora = [work/f'{name}-{t}' for t in TIMES]
    for c in corpora: c.mkdir()
    for part in range(TIMES[-1]):
        for file, tables in files(part):
            write_tables(corpora[-1]/file, tables)
            for c, t in zip(corpora[:-1], TIMES):
                if part < t: os.link(corpora[-1]/file, c/file)
    return corpora


# ---------------------------------------------------------------- real documents, and copies that are like none of the others

@njit
def _moved(offsets, data, by):
    "Letters and digits moved on by a number, each kind in its own ring."
    out = data.copy()
    for i in range(offsets[0], offsets[-1]):
        c = data[i]
        if 97 <= c <= 122: out[i] = 97 + (c - 97 + by) % 26
        elif 65 <= c <= 90: out[i] = 65 + (c - 65 + by) % 26
        elif 48 <= c <= 57: out[i] = 48 + (c - 48 + by) % 10
    return out


def copied(docs: pa.Table, k: int) -> pa.Table:
    "The copy number `k` of some documents, in repositories of its own."
    offsets, data = text_buffers(docs['text'])
    text = pa.Array.from_buffers(pa.large_string(), len(docs), [None, pa.py_buffer(offsets.copy()), pa.py_buffer(_moved(offsets, data, k))])
    rest = docs.drop_columns(['doc_id', 'sha256', 'repo', 'text'])
    return as_docs(rest.append_column('repo', pc.binary_join_element_wise(docs['repo'], f'copy {k}', '/')).append_column('text', text))


def real(work: Path, workers: int, small: bool) -> list[dict]:
    "Installed code once and in copies."
    top = Path(site.getsitepackages()[0])
    harvest = Step('harvest', harvest_corpus, dict(sources=(Tree(str(top/'scipy' if small else top), by_folder=True),)))
    distinct = run_step(Step('exact', exact, {}, dict(docs=Step('preprocess', preprocess, {}, dict(docs=harvest), kind='map'))), work, Engine(quiet=True))
    shards = shard_names(distinct)
    return grown(sizes(work, 'real', lambda k: ((f'{k}-{name}.parquet', (copied(t, k) for t in batches(f))) for name, f in shards.items())), workers)


# ---------------------------------------------------------------- short documents, made up

WORDS, SHARD, GROUP = 60, 100_000, 10_000  # of a document; documents of a shard, of a row group


@njit
def _write_short(first, out):
    "Documents of words of seven hex digits; a word depends on the number of its document and its own."
    for i in range(len(out)):
        d = first + i
        chance = mix(uint64(d) + uint64(1) << uint64(20))
        kind = chance % uint64(20) if d else uint64(9)
        of = mix(chance) % uint64(d) if kind < 2 else uint64(d)
        for w in range(WORDS):
            x = mix(uint64(of) * uint64(WORDS) + uint64(w) + uint64(1))
            if kind == 1 and w == WORDS - 1: x = chance
            for c in range(7):
                digit = x & uint64(15)
                out[i, w, c] = 48 + digit if digit < 10 else 87 + digit
                x >>= uint64(4)
            out[i, w, 7] = 10 if kind == 0 else 32


def short_docs(first: int, n: int) -> pa.Table:
    "Documents number `first` and the next ones."
    out, ids = np.empty((n, WORDS, 8), np.uint8), np.arange(first, first + n, dtype=np.int64)
    _write_short(first, out)
    text = pa.Array.from_buffers(pa.large_string(), n, [None, pa.py_buffer(np.arange(n + 1, dtype=np.int64) * WORDS * 8), pa.py_buffer(out)])
    doc_id = ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)  # odd: no two are equal
    return pa.table(dict(doc_id=doc_id, repo=pc.binary_join_element_wise('r', pa.array(ids // 1000).cast(pa.string()), ''), path=pa.array(ids).cast(pa.string()), text=text))


def shard_of(first: int, n: int) -> Iterator[pa.Table]:
    "Row groups of one shard."
    return (short_docs(at, min(GROUP, first + n - at)) for at in range(first, first + n, GROUP))


def nearly_nothing(folder: Path) -> Path:
    "A corpus of four shards that take no memory."
    folder.mkdir()
    for s in range(4): write_tables(folder/f'{s}.parquet', shard_of(s * 100, 100))
    return folder


def short(work: Path, workers: int, docs: int) -> list[dict]:
    "Eight parts of four shards or more."
    shards = max(4, -(-docs // TIMES[-1] // SHARD))
    n = docs // TIMES[-1] // shards
    return grown(sizes(work, 'short', lambda k: ((f'{s:05}.parquet', shard_of(s * n, n)) for s in range(k * shards, (k + 1) * shards))), workers)


# ---------------------------------------------------------------- the exchange, with as many files and buckets as a corpus has

def gathered(shards: int) -> dict:
    "One bucket out of the files of so many shards, each with its 1.6 million hashes."
    buckets = n_buckets(shards * SHARD * Fuzzy().bands, HASHES)
    hashes = np.random.default_rng(0).integers(0, 2**64, SHARD * Fuzzy().bands, np.uint64)
    with tempfile.TemporaryDirectory(dir=os.environ.get('BENCH_TMP')) as d:
        scatter(Path(d)/'0.arrow', pa.table(dict(hash=hashes, node=np.arange(len(hashes), dtype=np.uint64))), buckets_of(hashes, buckets))
        for s in range(1, shards): os.link(Path(d)/'0.arrow', Path(d)/f'{s}.arrow')
        gather(Path(d), 0)
        before, t = _tree_mb(), time.process_time()
        found = len(gather(Path(d), buckets // 2))
        t = time.process_time() - t
    return dict(docs=shards * SHARD, shards=shards, buckets=buckets, rows=found, cpu_s=round(t, 3), peak_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024), idle_mb=round(before))


def exchange(sizes: tuple[int, ...]) -> list[dict]:
    "Each size in a process of its own."
    return [json.loads(subprocess.run([sys.executable, __file__, '--gather', str(s)], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[-1]) for s in sizes]


def for_the_paper(found: list[dict], gathers: list[dict], workers: int) -> dict:
    "What the paper's corpus would take: estimated from the last doubling, which leaves out what every run pays once."
    (e, f), h = found[-2:], gathers[-1]
    more, shards, buckets = PAPER / f['docs'], -(-PAPER // SHARD), n_buckets(PAPER * Fuzzy().bands, HASHES)
    seconds = (f['seconds'] - e['seconds']) / (f['docs'] - e['docs']) * PAPER
    look = h['cpu_s'] / h['shards']
    like = dict(docs=PAPER, mb=f['mb'] * more, suspects=f['suspects'] * more, dropped=f['dropped'] * more, shards=shards, shard_docs=SHARD, group_mb=f['group_mb'], longest_mb=f['longest_mb'])
    return dict(docs=PAPER, shards=shards, buckets=buckets, hours_if_linear=round(seconds / 3600, 1), exchange_cpu_hours=round(look * shards * buckets / 3600, 1),
                memory_mb={k: round(v) for k, v in memory_mb(**like, workers=workers).items()},
                formula='seconds a document × documents; CPU seconds a look × shards × buckets, since each bucket looks into all files; memory as in memory_mb')


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument('--small', action='store_true'); p.add_argument('--part', nargs='*', default=['real', 'short', 'exchange']); p.add_argument('--docs', type=int, default=5_000_000)
    p.add_argument('--workers', type=int, default=2); p.add_argument('--one', nargs=2, type=Path); p.add_argument('--gather', type=int)
    a = p.parse_args()
    if a.one: print(json.dumps(one(*a.one, a.workers))); return
    if a.gather: print(json.dumps(gathered(a.gather))); return
    found, work = dict(workers=a.workers), Path(tempfile.mkdtemp(dir=os.environ.get('BENCH_TMP'), prefix='bench-'))
    try:
        if 'exchange' in a.part: found['exchange'] = exchange((10, 20, 40) if a.small else (50, 100, 200, 400))
        for name in (n for n in ('real', 'short') if n in a.part):
            (work/name).mkdir()
            found[name] = real(work/name, a.workers, a.small) if name == 'real' else short(work/name, a.workers, 160_000 if a.small else a.docs)
            if 'exchange' in found: found[f'{name} for the paper'] = for_the_paper(found[name], found['exchange'], a.workers)
        print(json.dumps(found))
    finally: shutil.rmtree(work, ignore_errors=True)


if __name__ == '__main__': sys.exit(main())
