"""Signals of eight languages: MB/s for each language in both modes, of a mix, and four times the input; and on how many installed Python files the kernel equals the tree.

Texts: the files of the golden set where its archives are (OPENCOOKBOOK_SHARED, OPENCOOKBOOK_GOLDEN), else data_samples, copied to at least two MB a language; CPU seconds of
one thread, the best of three runs.
"""
import csv
import json
import resource
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT/'tests')]

from installed import installed

from opencookbook.data.code_signals import quietly, texts_of
from opencookbook.data.language_signals import LANGUAGES, language_signals
from opencookbook.data.lexer import lexed
from opencookbook.data.trees import count_python, parse_python, sound_python
from test_text_signals import ARCHIVES, GOLDEN, golden_files


def texts_by_language() -> dict[str, list[str]]:
    out = {lang: [] for lang in LANGUAGES}
    if GOLDEN.exists() and ARCHIVES.is_dir():
        for r, t in golden_files(): out.get(r['program_lang'], []).append(t)
    else:
        for r in csv.DictReader(open(ROOT/'data_samples/samples.csv')):
            if r['language'] in out and r['encoding'] == 'utf-8': out[r['language']].append((ROOT/'data_samples'/r['path']).read_text())
    return out


def table(texts: list[str], lang: str, least: int = 2_000_000) -> pa.Table:
    texts = texts * (1 + least // sum(map(len, texts)))
    return pa.table(dict(path=['a'] * len(texts), text=pa.array(texts, pa.large_string()), lang=[lang] * len(texts)))


def speed(docs: pa.Table, released: bool = False, runs: int = 3) -> float:
    best = np.inf
    for _ in range(runs):
        began = time.process_time()
        language_signals(docs, released)
        best = min(best, time.process_time() - began)
    return docs['text'].nbytes / 1e6 / best


def equals_the_tree() -> tuple[int, int]:
    "Installed Python files that parse, and on how many of them the kernel counts what the tree has; where the lexer has doubts the tree is asked anyway."
    rows, same, parsed = installed(['python']).combine_chunks(), 0, 0
    classes, doubts = lexed(rows['text'], rows['lang'])
    with quietly():
        for text, counts, doubt in zip(rows['text'].to_pylist(), count_python(texts_of(rows['text']), classes).tolist(), doubts):
            tree = parse_python(text)
            if isinstance(tree, str): continue
            parsed, same = parsed + 1, same + bool(doubt or counts == [int(v) for v in sound_python(tree).values()])
    return same, parsed


def main() -> None:
    warnings.simplefilter('ignore')
    texts = {lang: ts for lang, ts in texts_by_language().items() if ts}
    for lang, ts in texts.items(): language_signals(table(ts[:1], lang, 1)), language_signals(table(ts[:1], lang, 1), True)
    sound = {lang: table(ts, lang) for lang, ts in texts.items()}
    mix = pa.concat_tables([table(ts, lang, 1) for lang, ts in texts.items()])
    print(json.dumps(dict(
        mb_per_s={lang: round(speed(t), 1) for lang, t in sound.items()}, released_mb_per_s={lang: round(speed(table(ts, lang, 1), True, 1), 2) for lang, ts in texts.items()},
        mix_mb=round(mix['text'].nbytes / 1e6, 1), mix_mb_per_s=round(speed(mix), 1), mix_released_mb_per_s=round(speed(mix, True, 1), 2),
        equals_the_tree=equals_the_tree(), growth_4x=round(4 * speed(mix) / speed(pa.concat_tables([mix] * 4)), 2), peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000)))


if __name__ == '__main__': main()
