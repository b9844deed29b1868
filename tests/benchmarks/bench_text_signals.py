"""Signals of words on all installed code: MB/s of all 37, of the 12 that code has, in both modes, of the plain version; Chinese, Hindi; four times the input.

CPU seconds of one thread, the best of three runs; texts are in memory, tables and kernels are ready.
"""
import json
import resource
import site
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from opencookbook.data.text_signals import measure_all, measure_plain

CODE = {'.py', '.c', '.h', '.cpp', '.hpp', '.js', '.html', '.java', '.go', '.cs', '.md', '.rst'}


def installed(limit: int) -> list[str]:
    "Installed files that are UTF-8, by name, up to so many bytes."
    texts, n = [], 0
    for p in sorted(Path(site.getsitepackages()[0]).rglob('*')):
        if n > limit: break
        if p.suffix not in CODE or not p.is_file() or p.stat().st_size > 8_000_000: continue
        try: texts.append(p.read_bytes().decode())
        except UnicodeDecodeError: continue
        n += p.stat().st_size
    return texts


def speed(texts: list[str], fn) -> float:
    "MB a CPU second, the best of three; `fn` takes a column."
    col, best = pa.array(texts, pa.large_string()), np.inf
    for _ in range(3):
        began = time.process_time(); fn(col)
        best = min(best, time.process_time() - began)
    return sum(len(t.encode()) for t in texts) / 1e6 / best


def main() -> None:
    texts = installed(40_000_000)
    for released in (False, True): measure_all(pa.array(['warm', 'e\u0301'], pa.large_string()), released)
    some, none = texts[::20], lambda col: np.zeros(len(col), bool)
    zh, hi = ['磨坊转动齿轮。齿轮转动，磨坊停下。\n' * 400] * 50, ['चक्की घूमती है। पहिया चक्की को घुमाता है।\n' * 400] * 20
    four = speed(texts[::4], measure_all) / (speed(texts[::4] * 4, measure_all))
    print(json.dumps(dict(
        mb=round(sum(map(len, texts)) / 1e6), files=len(texts), mb_per_s=round(speed(texts, measure_all), 1), released_mb_per_s=round(speed(texts, lambda c: measure_all(c, True)), 1),
        code_only_mb_per_s=round(speed(texts, lambda c: measure_all(c, False, none(c))), 1), plain_mb_per_s=round(speed(some, lambda c: [measure_plain(t) for t in c.to_pylist()]), 2),
        chinese_mb_per_s=round(speed(zh, measure_all), 1), hindi_mb_per_s=round(speed(hi, measure_all), 1), growth_4x=round(4 * four, 2),
        one_line_mb_per_s=round(speed(['(' * 8_000_000, 'mill turn ' * 800_000], measure_all), 1), peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000)))


if __name__ == '__main__': sys.exit(main())
