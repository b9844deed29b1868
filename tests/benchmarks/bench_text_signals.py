"""Signals of words, and counts, on installed code: MB/s of the twelve that code has, of all 37, of the pass over the bytes and of `counters`; both modes, the plain version, Chinese, Hindi, four times the input, first use.

CPU seconds of one thread, the best of three runs; texts are in memory, tables and kernels are ready. `first_use_s` is what a new machine pays once, and `start_s` each new process.
"""
import json
import os
import resource
import subprocess
import sys
import tempfile

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from installed import installed, seconds
from numba import njit

from opencookbook.core.doc import text_buffers
from opencookbook.data.counters import count_plain, counters
from opencookbook.data.language_signals import LANGUAGES
from opencookbook.data.plain import blank_page, cut
from opencookbook.data.text_signals import alphabet, measure_all, measure_plain

TEXT = ('markdown', 'restructuredtext', 'text')


def sampled(langs: tuple[str, ...], limit: float) -> pa.Array:
    "Every k-th installed file of these languages, about so many MB in one array."
    table = installed(langs)
    k = max(1, round(size(table['text']) / limit))
    return table.take(pa.array(np.arange(0, len(table), k)))['text'].combine_chunks()


def size(col: pa.Array) -> float: return pc.sum(pc.binary_length(col)).as_py() / 1e6
def speed(col: pa.Array, fn, digits: int = 0) -> float: return round(size(col) / seconds(fn, col), digits or None)
def column(*texts: str) -> pa.Array: return pa.array(texts, pa.large_string())
def words(col: pa.Array, released: bool = False) -> np.ndarray: return measure_all(col, released, np.zeros(len(col), bool))


@njit(nogil=True)
def cut_all(offsets, data, small, whole, page):
    for i in range(len(offsets) - 1): cut(data, offsets, i, i + 1, small, whole, page)


def one_pass(col: pa.Array) -> None:
    "Only make texts plain and cut them."
    cut_all(*text_buffers(col), alphabet().plain, alphabet().raw, blank_page(int(pc.max(pc.binary_length(col)).as_py())))


def start(cache: str) -> float:
    "CPU seconds until the first two texts are measured, in a new process."
    code = "import time, pyarrow as pa; from opencookbook.data.text_signals import measure_all; b = time.process_time(); measure_all(pa.array(['mill', 'e\\u0301'], pa.large_string())); print(time.process_time() - b)"
    return float(subprocess.run([sys.executable, '-c', code], env=dict(os.environ, NUMBA_CACHE_DIR=cache), capture_output=True, text=True, check=True).stdout)


def main() -> None:
    code, text = sampled(LANGUAGES, 40), sampled(TEXT, 5)
    some = code.take(pa.array(np.arange(0, len(code), 40)))
    for released in (False, True): measure_all(column('warm', 'e\u0301'), released)
    one_pass(column('warm')); counters(column('warm'))
    zh, hi = column(*['磨坊转动齿轮。齿轮转动，磨坊停下。\n' * 400] * 50), column(*['चक्की घूमती है। पहिया चक्की को घुमाता है।\n' * 400] * 20)
    found = dict(code_mb=round(size(code)), code_files=len(code), text_mb=round(size(text), 1), text_files=len(text),
                 code_mb_per_s=speed(code, words), code_released_mb_per_s=speed(code, lambda c: words(c, True)), all_on_code_mb_per_s=speed(code, measure_all),
                 text_mb_per_s=speed(text, measure_all), text_released_mb_per_s=speed(text, lambda c: measure_all(c, True)),
                 pass_mb_per_s=speed(code, one_pass), chinese_pass_mb_per_s=speed(zh, one_pass), counters_mb_per_s=speed(code, counters), chinese_counters_mb_per_s=speed(zh, counters),
                 plain_mb_per_s=speed(some, lambda c: [measure_plain(t) for t in c.to_pylist()], 2), plain_counters_mb_per_s=speed(some, lambda c: [count_plain(t) for t in c.to_pylist()], 1),
                 chinese_mb_per_s=speed(zh, measure_all), hindi_mb_per_s=speed(hi, measure_all),
                 one_line_mb_per_s=speed(column('(' * 8_000_000, 'mill turn ' * 800_000), measure_all), peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000)
    part = code[:len(code) // 4]
    found |= dict(growth_4x=round(seconds(words, pa.concat_arrays([part] * 4)) / seconds(words, part), 2))
    with tempfile.TemporaryDirectory() as cache: found |= dict(first_use_s=round(start(cache), 1), start_s=round(start(cache), 1))
    print(json.dumps(found))


if __name__ == '__main__': sys.exit(main())
