"""Code signals: expressions in plain Python, hard cases, time that grows with the text, and the values of the released filter.

The golden values are looked for in the folder that OPENCOOKBOOK_SHARED names, else beside the repository; the packages' archives in the folder
OPENCOOKBOOK_GOLDEN (`pip download --no-deps --no-binary :all:`, `npm pack`, `apt-get source --download-only`). Without them that test skips.
"""
import hashlib
import json
import os
import random
import re
import tarfile
import time
import unicodedata
import warnings
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opencookbook.core.doc import docs
from opencookbook.data import code_signals as signals
from opencookbook.data.code_signals import (
    APART, FAST, HOW, MOST, OF_CODE, Parts, ask_lexer, ask_pygments, between_quotes, code_signals, count_code, count_texts, measured, parts, plain_chars, plain_lines,
    python_words, released_parts, saying, strings_of, texts_of, word_kinds)

SHARED = Path(os.environ.get('OPENCOOKBOOK_SHARED', Path(__file__).resolve().parent.parent.parent/'shared'))
GOLDEN, ARCHIVES = SHARED/'data'/'golden'/'opc_filter_signals.parquet', Path(os.environ.get('OPENCOOKBOOK_GOLDEN', 'no such folder'))


def table(texts: list[str], langs: list[str | None]) -> pa.Table: return docs([dict(repo='r', path=str(i), text=t, lang=lang) for i, (t, lang) in enumerate(zip(texts, langs))])


def one(text: str, lang: str = 'python', released: bool = False) -> dict[str, float]:
    return {k.removeprefix('qsc_code_'): float(v[0]) for k, v in code_signals(table([text], [lang]), released).items()}


# ---------------------------------------------------------------- the released filter

def members(archive: str, wanted: dict[str, dict]) -> list[tuple[str, dict]]:
    "Text and row of the members of an archive that are the same bytes as when the filter saw them."
    plain = lambda name: name.lower().replace('-', '_')
    found = next((p for p in ARCHIVES.glob('*') if plain(p.name) == plain(archive)), None)
    if found is None: return []
    with tarfile.open(found) as tar: read = [(tar.extractfile(m).read(), wanted[m.name]) for m in tar if m.name in wanted and m.isfile()]
    return [(data.decode(), row) for data, row in read if hashlib.sha256(data).hexdigest() == row['sha256']]


def test_equals_the_released_filter():
    if not GOLDEN.exists() or not ARCHIVES.is_dir(): pytest.skip('needs the golden values (OPENCOOKBOOK_SHARED) and a folder of archives (OPENCOOKBOOK_GOLDEN)')
    by_archive = defaultdict(dict)
    for row in pq.read_table(GOLDEN).to_pylist():
        if row['doc_type'] != 'text': by_archive[row['archive']][row['member']] = row
    found = [pair for archive, rows in by_archive.items() for pair in members(archive, rows)]
    if not found: pytest.skip('no archive of the golden values is in the folder OPENCOOKBOOK_GOLDEN')
    got = code_signals(table([t for t, _ in found], [row['program_lang'] for _, row in found]), released=True)
    theirs = [json.loads(row['signals']) for _, row in found]
    for name, value in got.items():
        want = np.array([np.nan if t[name] is None else t[name] for t in theirs], float)
        differ = ~(np.isclose(value, want, rtol=0, atol=1e-6) | np.isnan(value) & np.isnan(want))
        assert differ.mean() <= .005, (name, [found[i][1]['member'] for i in np.flatnonzero(differ)[:5]])


# ---------------------------------------------------------------- expressions in plain Python

SIGNS = ['"', "'", '"""', "'''", '\n', ' ', '\t', 'ab', 'cd ', '0x1F', '12', ',', '\\x41', '\\u00e9', '=', '+', 'assert ', 'TODO', 'é', 'http://a', 'x' * 21, '#', '},', 'A' * 70, '}']


def test_kernels_equal_the_expressions():
    rng = random.Random(3)
    texts = [''.join(rng.choices(SIGNS, k=rng.randint(0, 80))) for _ in range(4000)] + ['ab ' * 400, '12,' * 8 + 'x ' * 9, '12,' * 7 + 'x', 'a ="', "a = 'b' + 'c'", 'a = "b" + "', 'a ="\n"b" + "c"', '\\u00e9' * 8, 'Zm9v' * 257]
    apart = Parts(*[texts_of(texts)] * 3, between_quotes(texts_of(texts), False), np.zeros(len(texts), int))
    m = measured(table(texts, ['c'] * len(texts)), apart, True)
    got = {k: v for f in (signals.line_signals, signals.char_signals, signals.yes_or_no) for k, v in f(m).items()}
    for i, t in enumerate(texts):
        want = {**plain_lines(t, t, len(re.findall(r'[^\n]*\n|[^\n]+', t))), **plain_chars(t, t)}
        for k, v in want.items(): assert abs(got[k][i] - v) < 1e-9, (k, t)
        for k in got.keys() - want.keys() - {'frac_chars_comments', 'cate_xml_start', 'cate_autogen'}: assert np.isnan(got[k][i]), (k, t)


def test_long_rows_are_data():
    assert one('"' + 'A' * 1025 + '"')['cate_encoded_data'] == 1 and one('"' + 'A' * 1024 + '"\n' + 'x y\n' * 300)['cate_encoded_data'] == 0
    assert one('ab cd ' * 4 + '\n' + 'x ' * 5)['cate_encoded_data'] == 1 and one('ab cd ' * 4 + '\n' + 'x ' * 30)['cate_encoded_data'] == 0


def test_characters_of_words():
    regex = pytest.importorskip('regex')
    chars = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) not in ('Cn', 'Cs')]  # what is not assigned here may be a letter in a later Unicode
    kinds = word_kinds()[[ord(c) for c in chars]]
    text = ''.join(chars)
    word, space = (np.zeros(len(chars), bool) for _ in range(2))
    word[[m.start() for m in regex.finditer(r'\w', text)]] = True
    space[[m.start() for m in regex.finditer(r'\s', text)]] = True
    assert [c for c, a, b in zip(chars, kinds == 1, word) if a != b] == []
    assert np.array_equal(kinds == 2, space)


def test_the_lexer_does_as_pygments_does():
    rng = random.Random(5)
    pieces = {'c': ['int a;', '/* b */', '// c', '"d"', "'e'", '\n', ' ', '# define F', '#if 1', '"//"', '\\\n'], 'python': ['x = 1', '"""d"""', "'e'", '# f', '\n', '\n    ', "r'''g'''", 'f("""h""")', '"#"'],
              'javascript': ['var a', '= /b/', '`c${d}`', '// e', '/* f */', "'g'", '\n', ';', '"//"', ' '], 'html': ['<p class="a">', "it's", '<!-- b -->', '<script>', 'x = 1 // y\n', '</script>', '\n', '</p>'], 'java': ['int a;', '/** b */', '// c\n', '"d"', "'e'", '\n', ' ', '"//"'],
              'go': ['a := 1', '`b`', '// c\n', '/* d */', '"e"', '\n'], 'csharp': ['int a;', '// b\n', '/* c */', '"d"', '@"e"', '\n', ' '], 'cpp': ['int a;', '// b\n', '"c"', 'R"(d)"', '/* e */', '\n', ' ']}
    for lang, words in pieces.items():
        texts = [''.join(rng.choices(words, k=rng.randint(0, 12))) for _ in range(400)]
        pairs = list(zip(texts, ask_lexer(texts, [lang] * len(texts))))
        wrong = [t for t, pair in pairs if pair is not None and pair != ask_pygments(t, lang)]
        assert len(wrong) <= 8, (lang, len(wrong), wrong[:3])


def test_python_words_like_python():
    import ast, inspect, io, tokenize
    texts = [Path(m.__file__).read_text() for m in (ast, inspect, io, tokenize, json, random, tarfile)] + ['x = (', 'def f(:\n  "a" # b', 'class A:\n  "b "\n  async def f(): "no"', '']
    for t in texts:
        try: nodes = [n for n in ast.walk(ast.parse(t)) if isinstance(n, (ast.ClassDef, ast.FunctionDef, ast.Module))]
        except SyntaxError: nodes = []
        said = '\n'.join(d for n in sorted(nodes, key=lambda n: (type(n).__name__, getattr(n, 'name', ''))) if (d := ast.get_docstring(n)))
        try: comments = ''.join(k.string for k in tokenize.generate_tokens(io.StringIO(t).readline) if k.type == tokenize.COMMENT)
        except (tokenize.TokenError, SyntaxError): comments = ''
        want = (said + '\n' + comments.replace('#', '')).strip()
        assert python_words(t) == want
        assert one(t, released=True)['frac_chars_comments'] == pytest.approx(len(want) / len(t), abs=1e-8) if t else True


# ---------------------------------------------------------------- what is mended

def test_mended():
    todo = '# TODO a\n' * 150 + 'x = 1\n'
    assert one(todo, released=True)['frac_lines_prompt_comments'] < .01 < one(todo)['frac_lines_prompt_comments'] == pytest.approx(150 / 151)
    assert one('import autodoc # autodoc, todos\n')['frac_lines_prompt_comments'] == 0
    assert one('x = "assert"\nassertion = 1\nself.assertEqual(1)\nassert_that(x)\n')['frac_lines_assert'] == .5
    assert one('a = 1\n' * 4)['frac_lines_dupe_lines'] == .75 and one('a = 1\n' * 4, released=True)['frac_lines_dupe_lines'] == 1
    assert one('from generated import x\n')['cate_autogen'] == 0 and one('#' * 500 + '\n# DO NOT EDIT\n')['cate_autogen'] == 1
    assert one("<p>don't or won't</p>", 'html')['frac_chars_string_length'] == 0
    assert np.isnan(one('// a\nb\n', 'gerber image')['frac_chars_comments']) and one('// a\nb\n', 'gerber image', True)['frac_chars_comments'] == 1
    assert one('x = `' + 'word ' * 21 + '`;', 'javascript')['frac_lines_long_string'] == 1


def test_lines_against_python():
    "Code lines and repetitions, with white space and line ends of all kinds; Python's own strip, split and Counter."
    rng, signs = random.Random(6), ['a', 'b', ' ', '\t', '\n', '\n', '\r', '}', ',', 'é', '\u2003', '\xa0', '\x85', '\x1c', '\x1f', '\0', '中', '\u2014', '\u1680', '\u3000', '\u2028', 'x' * 1100]
    texts = [''.join(rng.choices(signs, k=rng.randint(0, 30))) for _ in range(20_000)]
    got = count_code(texts_of(texts))
    for t, row in zip(texts, got.tolist()):
        lines = [''.join(c for c in line if not c.isspace() or '\x1c' <= c <= '\x1f') for line in t.split('\n') if line.strip()]
        many = Counter(line for line in lines if len(line) > 1 and line != '},')
        assert row[:4] == [len(t), len(lines), sum(c - 1 for c in many.values()), sum(c for c in many.values() if c > 1)], t


def test_saying_against_expressions():
    rng, signs = random.Random(8), ['todo', 'TODO', 'Todo', 'fixme', 'to', 'do', 'fix', 'me', ' ', '_', '1', 's', 'S', 'é', '\n', 'your code here', '.', 'p', 'print', '(']
    texts = [''.join(rng.choices(signs, k=rng.randint(0, 12))) for _ in range(20_000)]
    around = dict(anywhere=('', ''), word=(r'(?<![^\W\d_])', r'(?![^\W\d_])'), start=(r'(?<![^\W\d_])', '(?!(?-i:[a-z]))'), name=(r'(?<!\w)', r'(?!\w)'))
    assert around.keys() == HOW.keys()
    for words, any_case in ((('todo', 'fixme', 'your code here'), True), (('print',), False), (('print', 'p'), False)):
        for how, (before, behind) in around.items():
            pattern = re.compile(before + '(?:' + '|'.join(words) + ')' + behind, re.I if any_case else 0)
            want = [sum(bool(pattern.search(line)) for line in t.split('\n')) for t in texts]
            assert saying(texts_of(texts), *words, how=how, any_case=any_case).tolist() == want, (words, how)


def test_encoded_rows_against_expressions():
    rng = random.Random(9)
    signs = ['ab', 'c', '12', ',', ' ', '\n', '0x1F', '\\x41', '\\u00e9', 'A' * 30, '=', '/', '\u2003', 'é', 'x', '\\', '.', '12 34 56 78 ', 'ab,cd,ef,01,', '\\u00e9\\u1234' * 3, '\\x41' * 4]
    patterns = [re.compile(p) for p in (r'[a-zA-Z0-9+/\n=]{64,}', r'(?:\b(?:0x|\\x)?[0-9a-fA-F]{2}(?:,|\b\s*)){8,}', r'(?:\\u[0-9a-fA-F]{4}){8,}')]
    texts = [''.join(rng.choices(signs, k=rng.randint(0, 40))) for _ in range(20_000)]
    found = [[len(m[0]) for p in patterns for m in p.finditer(t)] for t in texts]
    assert sum(map(bool, found)) > 2000
    assert count_texts(texts_of(texts))[:, 2:].tolist() == [[sum(f), max(f, default=0)] for f in found]


# ---------------------------------------------------------------- hard cases

BIG = 8_000_000
HARD = {'empty': '', 'one byte': 'x', 'blanks': ' \n\t\n' * 9, 'only comments': '# a\n// b\n/* c */\n', 'one line': 'x=1;' * (BIG // 4), 'parentheses': '(' * BIG, 'nested': '{[(' * 9999 + ')]}' * 9999, 'surrogates': '"\\ud800\\udfff"', 'zero': 'a\0b\n',
        'CR only': 'a = 1\r# b\r', 'mixed tabs': 'if a:\n\tb\n        c\n', 'Unicode': 'größe = "中文"\n', 'Python 2': 'print "a"\nexec "b"\n', 'JSX': "<p>don't {a /* b */}</p>;\n", 'BOM': '\ufeffx = 1 # a\n', 'line separators': 'a\u2028b\x85c\x1cd\n'}


@pytest.mark.parametrize('name', HARD)
def test_hard(name):
    langs = ('python', 'javascript', 'kotlin', 'zork') if len(HARD[name]) > 10**6 else ('python', 'javascript', 'c', 'html', 'perl', 'csharp', 'kotlin', 'zork', None)
    for released in (False, True):
        for k, v in code_signals(table([HARD[name]] * len(langs), langs), released).items(): assert ((0 <= v) & np.isfinite(v) | np.isnan(v)).all(), k


def test_no_parser_of_others_gets_a_large_file(monkeypatch):
    "A file above the budget that our lexer is not sure of is undecided in released mode; nobody else is asked."
    def never(*_): raise AssertionError('asked')
    for name in ('ask_pygments', 'python_words', 'by_lines'): monkeypatch.setattr(signals, name, never)
    large = table(['# a\n' * (MOST // 4 + 1)] * 3, ['python', 'kotlin', None])
    assert np.isnan(code_signals(large, True)['qsc_code_frac_chars_comments']).all()
    assert released_parts(large).known.tolist() == [True, False, False]


def test_random_texts():
    rng, langs = random.Random(4), ['python', 'c', 'javascript', 'html', 'shell', 'ruby', 'perl', 'lua', 'sql', 'php', None]
    texts = [''.join(rng.choices(SIGNS, k=rng.randint(0, 8))) if i % 2 else rng.randbytes(rng.randint(0, 30)).decode('latin-1') for i in range(100_000)]
    for k, v in code_signals(table(texts, rng.choices(langs, k=len(texts)))).items(): assert ((0 <= v) & np.isfinite(v) | np.isnan(v)).all(), k


WORST = ['(', "'", '"', '"""', "'''x", '= "a', '= "a" + ', 'ab ', 'ab,', '0x', '0x1', 'A', '\\u00e9', '\\x41', 'http://', 'todo', 'tod', 'assert', '\n', ' ', '}\n', 'a\n', '# x\n', 'é']


def seconds(text: str) -> float:
    corpus = table([text], ['python'])
    began = time.process_time()
    code_signals(corpus)
    return time.process_time() - began


@pytest.mark.parametrize('piece', WORST)
def test_time_is_linear(piece):
    seconds(piece)
    once = min(seconds(piece * (500_000 // len(piece))) for _ in range(3))
    assert seconds(piece * (2_000_000 // len(piece))) < 4 * 2 * once + .1


@pytest.mark.parametrize('piece', ["'", '"', '"""', "'''x", '"\n'])
def test_quotes_are_paired_in_linear_time(piece):
    def took(n):
        texts = texts_of([piece * (n // len(piece))])
        began = time.process_time()
        for across in (False, True): between_quotes(texts, across)
        return time.process_time() - began
    took(10)
    assert took(4_000_000) < 4 * 2 * min(took(1_000_000) for _ in range(3)) + .05


def test_warnings_of_others_files_are_not_ours():
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert one('"\\d"\n', released=True)['frac_chars_comments'] > 0


def test_strings_stand_apart():
    apart = parts(table(['f("a", "b")\n"c"\n', "x = 'd' 'e'"], ['python'] * 2))
    assert apart.strings.data.tobytes() == b'a\xffb\xffd\xffe\xff' and apart.strings.data[1] == APART
    assert apart.counts[:, OF_CODE.index('lines')].tolist() == [1, 1] and apart.known.all()
    assert strings_of(apart.bare) == ['f("", "")\n\n', "x = '' ''"] and set(FAST) > {'python', 'c'}
