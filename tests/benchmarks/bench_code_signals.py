"""Lexer and code signals over all installed code: MB/s by language, of all twelve signals in both modes, four times the input, and how far the lexer agrees with Pygments.

CPU seconds of one thread, the best of three runs; texts are in memory. MB are bytes of text in languages that the lexer knows.
"""
import json
import resource
import sys
from collections import defaultdict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from installed import installed, seconds
from pygments import lex as pygments_lex
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, String
from pygments.util import ClassNotFound

from opencookbook.data.code_signals import code_signals
from opencookbook.data.lexer import TABLES, lexed


def size(table: pa.Table) -> float: return pc.sum(table['n_bytes']).as_py() / 1e6


def by_language(table: pa.Table, least: float = .3) -> dict[str, int]:
    "MB/s of the lexer."
    parts = {lang: table.filter(pc.equal(table['lang'], lang)) for lang in sorted(set(table['lang'].to_pylist()))}
    return {lang: round(size(t) / seconds(lexed, t['text'], t['lang'])) for lang, t in parts.items() if size(t) >= least}


def classes_of_pygments(text: str, lang: str) -> np.ndarray:
    "0 code, 1 comment or docstring, 3 string, of every byte."
    kind = lambda t: 1 if t in String.Doc or t in Comment and t not in Comment.Preproc and t not in Comment.PreprocFile else 3 if t in String and t not in String.Regex and t not in String.Affix else 0
    return np.concatenate([np.full(len(v.encode()), kind(t), np.uint8) for t, v in pygments_lex(text, get_lexer_by_name(lang, stripnl=False, ensurenl=False))])


def agreement(table: pa.Table, chars: int = 200_000) -> dict[str, float]:
    "Share of bytes on which lexer and Pygments agree, over some files of each language."
    same, total = defaultdict(int), defaultdict(int)
    for text, lang in zip(table['text'].to_pylist()[::7], table['lang'].to_pylist()[::7]):
        if total[lang] > chars or not 0 < len(text) < 60_000 or '\r' in text or text[0] == '\ufeff': continue
        try: theirs = classes_of_pygments(text, lang)
        except ClassNotFound: continue
        ours = np.array([0, 1, 1, 3, 3])[lexed(pa.array([text], pa.large_string()), [lang])[0]]
        same[lang] += int((ours == theirs).sum()); total[lang] += len(ours)
    return {lang: round(same[lang] / n, 4) for lang, n in sorted(total.items()) if n > chars / 10}


def main() -> None:
    table = installed(TABLES)
    table = table.set_column(table.column_names.index('text'), 'text', pa.chunked_array([table['text'].combine_chunks()]))
    part, small = table.slice(0, 3_000), table.slice(0, len(table) // 4)
    four = pa.concat_tables([small] * 4).combine_chunks()
    code_signals(part.slice(0, 50)), code_signals(part.slice(0, 50), True)
    print(json.dumps(dict(mb=round(size(table)), files=len(table), lexer_mb_per_s=round(size(table) / seconds(lexed, table['text'], table['lang'])), lexer_by_language=by_language(table),
                          sound_mb_per_s=round(size(table) / seconds(code_signals, table)), released_mb_per_s=round(size(part) / seconds(code_signals, part, True), 1),
                          growth_4x=round(seconds(code_signals, four) / seconds(code_signals, small), 2), peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000, agrees_with_pygments=agreement(table))))


if __name__ == '__main__': sys.exit(main())
