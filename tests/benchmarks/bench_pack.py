"""Tokens, measured: BPE training and encoding in MB/s on one and two threads (wall clock and CPU), packing in tokens per CPU second beside TRL. Prints JSON.

usage: python tests/benchmarks/bench_pack.py [--mb 20] [--tokens 20000000]
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def python_text(mb: float) -> list[str]:
    "About `mb` megabytes of installed Python files, the same files on the same installation."
    from opencookbook.core.doc import doc_id
    root, texts, left = Path(sysconfig.get_paths()['purelib']), [], mb * 1e6
    for p in sorted(root.glob('*/**/*.py'), key=lambda p: doc_id('bench', p.relative_to(root).as_posix())):
        try: texts.append(p.read_bytes().decode('utf-8'))
        except UnicodeDecodeError: continue
        left -= p.stat().st_size
        if left <= 0: break
    return texts


def rate(mb: float, work) -> tuple[object, dict]:
    "What `work()` returns, and its MB per second of wall clock and of CPU time (all threads)."
    wall, cpu = time.perf_counter(), time.process_time()
    got = work()
    return got, dict(mb_per_s=mb / (time.perf_counter() - wall), mb_per_cpu_s=mb / (time.process_time() - cpu))


def bench_bpe(mb: float) -> dict:
    "Train two vocabularies and encode with one, on as many threads as RAYON_NUM_THREADS says."
    from opencookbook.core.doc import docs
    from opencookbook.tokens.bpe import Specials, train_bpe
    from opencookbook.tokens.fim import encode_docs
    texts, out = python_text(mb), {}
    table = docs(dict(repo='bench', path=str(i), text=t) for i, t in enumerate(texts))
    size = sum(table['n_bytes'].to_pylist()) / 1e6
    for vocab in (4096, 8192): tok, out[f'train_{vocab}'] = rate(size, lambda: train_bpe(texts, vocab))
    _, out['encode_library'] = rate(size, lambda: len(tok.encode_batch_fast(texts, add_special_tokens=False)))
    for share in (0., .5): ids, out[f'encode_docs_fim_{share}'] = rate(size, lambda: encode_docs(table, tok, Specials(), share, max_len=2048))
    n = pc.list_value_length(ids['ids']).to_numpy()
    return out | dict(mb=size, docs=len(texts), fim_share=float(np.mean(ids['fim'].to_numpy())), bytes_per_token=size * 1e6 / n.sum(),
                      peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def bench_pack(tokens: int, length: int = 2048) -> dict:
    "Pack documents of realistic lengths with `pack` and with TRL, CPU time of one process."
    from datasets import Dataset, disable_progress_bars
    from trl import pack_dataset

    from opencookbook.tokens.pack import fill, pack, pack_rows, to_arrays
    disable_progress_bars()
    rng = np.random.default_rng(0)
    lens = rng.lognormal(7, 1.3, tokens // 1500).astype(np.int64).clip(3, 200_000)
    lens = lens[:np.searchsorted(np.cumsum(lens), tokens)]
    ends = np.concatenate([[0], np.cumsum(lens)])
    ids = pa.LargeListArray.from_arrays(ends, pa.array(rng.integers(8, 30_000, ends[-1], dtype=np.int32)))
    table = pa.table(dict(doc_id=pa.array(rng.integers(0, 2**63, len(lens), dtype=np.uint64)), ids=ids))
    pack_rows([1], 1)  # compiled before the clock starts
    t = time.process_time(); ours = pack(table, length, 0); t_pack = time.process_time() - t
    t = time.process_time(); to_arrays(ours); t_arrays = time.process_time() - t
    data = Dataset(table.select(['ids']))
    t = time.process_time(); theirs = pack_dataset(data, length, 'bfd_split', dict(batch_size=None)); t_trl = time.process_time() - t
    n = int(ends[-1])
    return dict(tokens=n, docs=len(lens), length=length, fill=fill(ours), fill_trl=n / (len(theirs) * length),
                pack_mtok_per_cpu_s=n / t_pack / 1e6, pack_and_arrays_mtok_per_cpu_s=n / (t_pack + t_arrays) / 1e6, trl_mtok_per_cpu_s=n / t_trl / 1e6)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument('--mb', type=float, default=20)
    ap.add_argument('--tokens', type=int, default=20_000_000)
    ap.add_argument('--bpe-only', action='store_true', help=argparse.SUPPRESS)
    a = ap.parse_args()
    if a.bpe_only: print(json.dumps(bench_bpe(a.mb))); return
    out = {}
    for threads in (1, 2):
        env = {**os.environ, 'RAYON_NUM_THREADS': str(threads), 'TOKENIZERS_PARALLELISM': 'true'}
        r = subprocess.run([sys.executable, __file__, '--bpe-only', '--mb', str(a.mb)], env=env, capture_output=True, text=True, check=True)
        out[f'bpe_threads_{threads}'] = json.loads(r.stdout.splitlines()[-1])
    out['pack'] = bench_pack(a.tokens)
    print(json.dumps(out))


if __name__ == '__main__': main()
