"""The samples show what they are listed for: every row of samples.csv has a file, and every file its trouble.

usage: pytest tests/test_samples.py

The checks are written here from scratch (regular expressions, `ast`, `hashlib`, set arithmetic), so that a mistake in a stage cannot hide one in
the samples. The last section asks the stages that stand already whether they see the same.
"""
import ast
import csv
import gzip
import hashlib
import json
import re
import warnings
import zlib
from collections import Counter, defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent/'data_samples'
MAX_BYTES, MIN_FILES, MIN_LANGUAGES, MIN_GOOD = 2_000_000, 64, 14, 12


def table(name: str) -> list[dict]:
    with open(ROOT/name, newline='', encoding='utf-8') as f: return list(csv.DictReader(f))


ROWS, PAIRS, SPANS, REPOS = table('samples.csv'), table('pairs.csv'), table('spans.csv'), table('repos.csv')
ROW = {r['path']: r for r in ROWS}


def raw(row: dict) -> bytes: return (ROOT/row['path']).read_bytes()


def text(row: dict) -> str:
    "The text as the row's encoding says; samples without one are read as Latin-1, so that every check has something to look at."
    enc = row['encoding']
    return raw(row).decode('latin-1' if enc in ('binary', 'none') else enc)


# ---------------------------------------------------------------- the list and the folder

def test_every_file_is_listed_once():
    there = {p.relative_to(ROOT).as_posix() for d in ('files', 'repos') for p in (ROOT/d).rglob('*') if p.is_file() and '__pycache__' not in p.parts}
    listed = Counter(r['path'] for r in ROWS)
    assert not (there - set(listed)), 'in the folder, not in samples.csv'
    assert not (set(listed) - there), 'in samples.csv, not in the folder'
    assert not [p for p, n in listed.items() if n > 1], 'listed twice'
    assert [r['path'] for r in ROWS] == sorted(r['path'] for r in ROWS), 'samples.csv is not sorted by path'


def test_sizes_and_counts():
    files = [p for p in ROOT.rglob('*') if p.is_file() and '__pycache__' not in p.parts]
    assert sum(p.stat().st_size for p in files) <= MAX_BYTES
    assert max(p.stat().st_size for p in files) <= 200_000, 'one file should not be most of the folder'
    assert len(ROWS) >= MIN_FILES
    assert len({r['language'] for r in ROWS if r['language']}) >= MIN_LANGUAGES
    assert len({r['language'] for r in ROWS if r['trouble'] == 'good'}) >= MIN_GOOD


def test_rows_are_complete():
    for r in ROWS:
        assert None not in r.values() and r['trouble'] and r['expect'] and len(r['why']) >= 5, r
        assert re.fullmatch(r'keep|(harvest|preprocess|exact|fuzzy|copyright|pii|filters|syntax|quality)/[\w.]+', r['expect']), r
        assert r['language'] == r['language'].lower(), r


def test_readme_tells_the_same():
    said = dict(re.findall(r'^\| (\w+) \| (\d+) \|', (ROOT/'README.md').read_text(encoding='utf-8'), re.M))
    assert {k: int(v) for k, v in said.items()} == Counter(r['trouble'] for r in ROWS)
    assert 'Apache-2.0' in (ROOT/'README.md').read_text(encoding='utf-8')


def test_git_keeps_the_bytes():
    rules = (ROOT/'.gitattributes').read_text().split('\n')
    for d in ('files', 'repos'): assert any(r.startswith(f'{d}/**') and '-text' in r.split() for r in rules), d


# ---------------------------------------------------------------- each trouble is there

lines = str.splitlines
code = lambda t: [l.strip() for l in lines(t) if l.strip()]
share = lambda t, pattern: sum(bool(re.search(pattern, l)) for l in code(t)) / max(1, len(code(t)))
solid = lambda t: re.sub(r'\s', '', t)
words = lambda t: re.findall(r'\w+', t.lower())
part = lambda t, test: sum(map(test, solid(t))) / max(1, len(solid(t)))
NOTICE = re.compile(r'copyright|\(c\) +[A-Z\d]|©|licen[sc]e|all rights reserved', re.I)


def parses(t: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            ast.parse(t)
    except (SyntaxError, ValueError): return False
    return True


def loads(t: str) -> bool:
    try: json.loads(t)
    except ValueError: return False
    return True


def decodes(b: bytes, enc: str) -> bool:
    try: b.decode(enc)
    except UnicodeDecodeError: return False
    return True


def comment_share(t: str) -> float: return len(''.join(re.findall(r'/\*.*?\*/|//[^\n]*', t, re.S))) / len(t)


def functions(t: str) -> list[ast.FunctionDef]: return [n for n in ast.walk(ast.parse(t)) if isinstance(n, ast.FunctionDef)]


def top_gram(t: str, n: int) -> float:
    "Share of the characters covered by the most frequent word n-gram."
    w = words(t)
    gram, k = Counter(tuple(w[i:i + n]) for i in range(len(w) - n + 1)).most_common(1)[0]
    return k * sum(map(len, gram)) / sum(map(len, w))


def depth(t: str) -> int:
    best = here = 0
    for c in t:
        here += (c in '([{') - (c in ')]}')
        best = max(best, here)
    return best


def broken(r: dict, t: str) -> bool:
    "A sign of damage for each kind of file; for languages without a parser in the standard library, the plainest sign there is."
    kind = r['language']
    if kind == 'python': return not parses(t)
    if kind == 'json': return not loads(t)
    if kind == 'c': return t.count('{') != t.count('}')
    if kind == 'yaml': return bool(re.search(r'^\t', t, re.M))
    if kind == 'html': return t.count('<ul>') > t.count('</ul>')
    return '<<<<<<< ' in t and '>>>>>>> ' in t


MODERN = {'.jsx': r'return \(\n\s*<\w', '.mjs': r'#\w+;|\?\?=', '.tsx': r'<T,>', '.py': r'^\s+match .*:$'}
MODES = dict(email=r'[\w.+-]+@[\w-]+\.\w+', ip_address=r'\b\d+\.\d+\.\d+\.\d+\b', password=r'(?i)passw|://\w+:[^@]+@', token='BEGIN RSA|AKIA|eyJ', name='@author', phone=r'\d{3}[- ]\d{4}')
PRINTS = dict(python=r'^print\(', java=r'System\.out\.print', javascript=r'console\.log', c=r'^printf\(')

CHECKS = {  # trouble -> does this sample show it? (row, text, bytes)
    'good': lambda r, t, b: 40 <= len(lines(t)) <= 150 and max(map(len, lines(t))) <= 140 and part(t, str.isalpha) > .5 and not NOTICE.search(t),
    'licence_header': lambda r, t, b: bool(NOTICE.search(t[:400])) or 'License, v. 2.0' in t[:400],
    'spdx_tag': lambda r, t, b: 'SPDX-License-Identifier' in lines(t)[0] and not re.search('copyright', t, re.I),
    'notice_inside': lambda r, t, b: not NOTICE.search(t[:400]) and bool(NOTICE.search(t)),
    'no_notice': lambda r, t, b: re.match(r'//|#', t) is not None and not re.search(r'copyright (\(c\) )?(19|20)\d\d', t, re.I),
    **{k: lambda r, t, b, p=p: bool(re.search(p, t)) for k, p in MODES.items()},
    'no_personal_data': lambda r, t, b: not [s for s in SPANS if s['path'] == r['path'] and s['action'] != 'keep'],
    'minified': lambda r, t, b: max(map(len, lines(t))) > 1000 and t.count('\n') <= 3,
    'generated': lambda r, t, b: bool(re.search(r'generated|do not (edit|modify)|by hand', t[:400], re.I)),
    'says_generate': lambda r, t, b: 'generate' in t[:200].lower() and 'by hand' in t[:200].lower(),
    'encoding': lambda r, t, b: not decodes(b, 'utf-8') or b[:3] == b'\xef\xbb\xbf' or b'\0' in b,
    'same_text': lambda r, t, b: text(ROW['files/encodings/haefen_utf8.rb']) == text(ROW['files/encodings/haefen_latin1.rb']),
    'exact_copy': lambda r, t, b: sum(raw(o) == b for o in ROWS) > 1,
    'near_copy': lambda r, t, b: any(r['path'] in (p['a'], p['b']) for p in PAIRS),
    'chain': lambda r, t, b: sum(r['path'] in (p['a'], p['b']) for p in PAIRS) >= 2,
    'bridge': lambda r, t, b: sum(r['path'] in (p['a'], p['b']) for p in PAIRS) == 3,
    'template_family': lambda r, t, b: sum(r['path'] in (p['a'], p['b']) for p in PAIRS) == 2,
    'shared_header': lambda r, t, b: len(t.split('*/')[0]) > len(t.split('*/')[1]),
    'python2': lambda r, t, b: not parses(t) and bool(re.search(r'^\s*print [^(]', t, re.M)),
    'broken_syntax': lambda r, t, b: broken(r, t),
    'modern_syntax': lambda r, t, b: bool(re.search(MODERN[Path(r['path']).suffix], t, re.M)),
    'huge_line': lambda r, t, b: max(map(len, lines(t))) > 50_000,
    'mostly_digits': lambda r, t, b: part(t, str.isdigit) > (.3 if r['language'] == 'sql' else .2),
    'hex_words': lambda r, t, b: len(''.join(re.findall(r'\b0x[0-9a-f]+', t))) / len(t) > .4,
    'encoded_data': lambda r, t, b: sum(map(len, re.findall(r'[A-Za-z0-9+/=]{64,}|(?:\\x[0-9a-f]{2}){8,}|(?:\\u[0-9a-f]{4}){8,}', t))) > .5 * len(t),
    'large_data': lambda r, t, b: len(t) > 5000 and loads(t),
    'few_words': lambda r, t, b: len(set(words(t))) / len(words(t)) < .4 and len(t) < 5000 and loads(t),
    'whitespace': lambda r, t, b: 1 - len(solid(t)) / len(t) > .5,
    'wide_lines': lambda r, t, b: len(t) / len(lines(t)) > 100 and max(map(len, lines(t))) <= 1000,
    'short_lines': lambda r, t, b: len(t) / len(lines(t)) < 5,
    'repeated_ngrams': lambda r, t, b: top_gram(t, 3) > .18,
    'one_sentence': lambda r, t, b: len(re.findall(r'[.!?](\s|$)', t)) == 1 and len(lines(t)) >= 10,
    'tiny_functions': lambda r, t, b: share(t, '=>') > .9,
    'assert_filled': lambda r, t, b: share(t, r'^assert ') > .4,
    'todo_filled': lambda r, t, b: share(t, r'(?i)todo|fixme|your code here') > .1,
    'imports_only': lambda r, t, b: share(t, r'^(from|import) ') > .9 and parses(t),
    'pass_filled': lambda r, t, b: share(t, r'^pass$') > .3,
    'print_filled': lambda r, t, b: share(t, PRINTS[r['language']]) > .4,
    'simple_functions': lambda r, t, b: sum(isinstance(f.body[0], ast.Return) for f in functions(t)) / len(code(t)) > .1,
    'no_variables': lambda r, t, b: not any(isinstance(n, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr)) for n in ast.walk(ast.parse(t))),
    'no_logic': lambda r, t, b: share(t, r'^(import|private \w+ \w+;)') > .5,
    'preprocessor_only': lambda r, t, b: share(t, r'^#') == 1,
    'many_mains': lambda r, t, b: len(re.findall(r'^int main\(', t, re.M)) == 3,
    'declarations': lambda r, t, b: share(t, r'\);$') > .5 and '{' not in t,
    'go_test': lambda r, t, b: r['path'].endswith('_test.go'),
    'only_comments': lambda r, t, b: share(t, r'^//') == 1,
    'mostly_comments': lambda r, t, b: .8 < comment_share(t) < 1,
    'long_strings': lambda r, t, b: share(t, r'"(\S+ ){20,}\S+"') > .2,
    'long_words': lambda r, t, b: len(''.join(re.findall(r'"[\w.]{20,}"', t))) / len(''.join(re.findall(r'"[^"\n]*"', t))) > .4,
    'repeated_lines': lambda r, t, b: sum(n for _, n in Counter(code(t)).items() if n > 1) / len(code(t)) > .7,
    'read_more': lambda r, t, b: share(t, r'(\.\.\.|Read more|Full article)$') > .1,
    'bullets': lambda r, t, b: share(t, r'^• ') > .9,
    'all_caps': lambda r, t, b: sum(w.isupper() for w in re.findall(r'[A-Za-z]+', t)) / len(words(t)) > .5,
    'too_short': lambda r, t, b: len(lines(t)) < 10 and len(words(t)) < 30,
    'replacement_chars': lambda r, t, b: t.count('\ufffd') / len(t) > .01,
    'xml_start': lambda r, t, b: t.startswith('<?xml '),
    'markup_page': lambda r, t, b: len(solid(re.sub(r'<[^>]*>', '', t))) / len(t) < .2,
    'low_quality': lambda r, t, b: r['expect'] == 'quality/low' and (r['language'] != 'python' or parses(t)),
    'no_extension': lambda r, t, b: '.' not in Path(r['path']).name,
    'exact_name': lambda r, t, b: r['path'].endswith('.txt') and r['language'] != 'text',
    'excluded_type': lambda r, t, b: r['language'] in ('csv', 'svg', 'public key', 'robots.txt'),
    'unknown_type': lambda r, t, b: r['language'] == '',
    'lock_file': lambda r, t, b: loads(t) and 'lockfileVersion' in t,
    'config_code': lambda r, t, b: 'module.exports' in t,
    'config': lambda r, t, b: r['language'] == 'toml',
    'interface': lambda r, t, b: t.startswith('syntax = "proto3"'),
    'prose': lambda r, t, b: r['language'] == 'text' and len(words(t)) > 100,
    'hardware': lambda r, t, b: 'entity' in t and 'architecture' in t,
    'notebook': lambda r, t, b: loads(t) and json.loads(t)['nbformat'] in (3, 4),
    'broken_notebook': lambda r, t, b: not loads(t) and '"cell_type"' in t,
    'empty': lambda r, t, b: t == '',
    'one_byte': lambda r, t, b: len(b) == 1 and b.isalpha(),
    'only_whitespace': lambda r, t, b: t != '' and not t.strip(),
    'nul_bytes': lambda r, t, b: 0 < b.count(0) < 20,
    'binary': lambda r, t, b: b[:4] in (b'\x89PNG', b'\0asm') or b[:2] == b'\x1f\x8b',
    'line_ends': lambda r, t, b: b'\r' in b or not b.endswith(b'\n'),
    'deep_nesting': lambda r, t, b: depth(t) >= 60,
    'unicode_names': lambda r, t, b: bool(re.search(r'(struct|var|let|func) [^\x00-\x7f]', t)),
    'bidi': lambda r, t, b: '\u202e' in t and '\u200b' in t and '\u0430' in t,
    'form_feed': lambda r, t, b: '\f' in t and '\t' in t,
    'lone_surrogate': lambda r, t, b: not decodes(json.dumps(json.loads(t), ensure_ascii=False).encode('utf-8', 'surrogatepass'), 'utf-8'),
    'long_path': lambda r, t, b: len(r['path']) > 200,
    'strange_path': lambda r, t, b: bool(re.search(r'[ &()]', r['path'])),
    'repo': lambda r, t, b: r['path'].startswith('repos/') and len(t) > 0,
}


def test_every_trouble_has_a_check():
    assert {r['trouble'] for r in ROWS} == set(CHECKS)


@pytest.mark.parametrize('path', [r['path'] for r in ROWS], ids=lambda p: p.rpartition('/')[2])
def test_trouble_is_there(path):
    r = ROW[path]
    assert CHECKS[r['trouble']](r, text(r), raw(r)), f"{path} is listed as {r['trouble']} ({r['why']}) and does not show it"


def test_checks_can_fail():
    "Hardly any check holds for a good file, so a check is no rubber stamp."
    r = ROW['files/good/interval_tree.py']
    needs = {'modern_syntax', 'print_filled', 'same_text', 'broken_syntax', 'near_copy', 'no_personal_data'}  # look at the kind of the file, or at a list
    fooled = {k for k, f in CHECKS.items() if k not in needs | {'good'} and _holds(f, r)}
    assert not fooled, fooled


def _holds(f, r) -> bool:
    try: return f(r, text(r), raw(r))
    except (ValueError, IndexError, ZeroDivisionError, KeyError): return False


def test_one_trouble_each():
    "Files that show something other than a shape are of ordinary shape: long enough, no endless lines, mostly letters."
    free = {'good', 'licence_header', 'no_notice', 'notice_inside', 'email', 'password', 'token', 'name', 'phone', 'no_personal_data', 'python2', 'exact_copy', 'near_copy',
            'template_family', 'modern_syntax'}
    for r in ROWS:
        if r['trouble'] not in free or r['path'].startswith('repos/') or r['language'] == 'json': continue
        t = text(r)
        assert len(lines(t)) >= 10 and max(map(len, lines(t))) <= 1000 and part(t, str.isalpha) > .5 and part(t, str.isdigit) < .2, r['path']


# ---------------------------------------------------------------- encodings and binaries

@pytest.mark.parametrize('r', [r for r in ROWS if r['encoding'] not in ('utf-8', 'binary', 'none')], ids=lambda r: r['path'].rpartition('/')[2])
def test_declared_encoding_is_the_right_one(r):
    t = text(r)
    if not r['path'].endswith('Coefficient.java'): assert t.encode(r['encoding']) == raw(r), 'the encoding does not lead back to the same bytes'
    assert '\ufffd' not in t and not re.search('[\x80-\x9f]', t), 'control characters: the wrong table'
    if r['encoding'] != 'utf-8-sig': assert any(ord(c) > 127 for c in t), 'pure ASCII would decode as anything'


def test_what_is_said_to_be_utf8_is():
    for r in ROWS:
        if r['encoding'] == 'utf-8': assert decodes(raw(r), 'utf-8'), r['path']
        if r['encoding'] == 'none': assert not decodes(raw(r), 'utf-8'), r['path']


def test_big_endian_is_big_endian():
    b = raw(ROW['files/encodings/Coefficient.java'])
    assert b[:2] == b'\xfe\xff' and b[2:].decode('utf-16-be') == text(ROW['files/encodings/Coefficient.java'])


def test_shift_jis_has_backslashes_inside_letters():
    "The second byte of some letters is 0x5C: whoever lexes bytes before decoding stumbles."
    b = raw(ROW['files/encodings/chouikei.c'])
    assert b.count(b'\\') > b.decode('shift_jis').count('\\')


def test_pictures_are_whole():
    for name in ('files/odd/buoy.png', 'files/odd/binary_named.py'):
        b, at, kinds = raw(ROW[name]), 8, []
        while at < len(b):
            n, kind = int.from_bytes(b[at:at + 4], 'big'), b[at + 4:at + 8]
            assert zlib.crc32(b[at + 4:at + 8 + n]) == int.from_bytes(b[at + 8 + n:at + 12 + n], 'big'), name
            kinds.append(kind)
            at += 12 + n
        assert kinds == [b'IHDR', b'IDAT', b'IEND'], name
    assert b'print' in gzip.decompress(raw(ROW['files/odd/log.py.gz']))


# ---------------------------------------------------------------- copies

def groups() -> list[list[dict]]:
    "Files of equal text, after decoding; the empty ones and the binaries are left out."
    by = defaultdict(list)
    for r in ROWS:
        if r['encoding'] not in ('binary', 'none') and text(r): by[hashlib.sha256(text(r).encode()).digest()].append(r)
    return [g for g in by.values() if len(g) > 1]


def rank(r: dict) -> tuple:
    "The declared order: licence class, stars, commit time, path within the repository."
    repo = next(x for x in REPOS if r['path'].startswith(x['folder'] + '/'))
    return repo['license'] not in ('MIT', 'Apache-2.0'), -int(repo['stars']), -int(repo['committed_at']), r['path'].removeprefix(repo['folder'] + '/')


def test_copies_name_their_survivor():
    found = groups()
    assert len(found) >= 6
    for g in found:
        best, *rest = sorted(g, key=rank)
        assert best['expect'] in ('keep', 'harvest/decode'), best
        for r in rest: assert r['expect'] == 'exact/copy', r
    assert {r['path'] for g in found for r in g} >= {r['path'] for r in ROWS if r['trouble'] in ('exact_copy', 'same_text')}


def test_every_step_of_the_order_decides_once():
    "Among the groups of copies one is decided by licence class, one by stars, one by commit time and one by path."
    decided = set()
    for g in groups():
        a, b, *_ = sorted(map(rank, g))
        decided.add(next(i for i in range(4) if a[i] != b[i]))
    assert decided == {0, 1, 2, 3}


# ---------------------------------------------------------------- near copies

def shingles(b: bytes, n: int = 5) -> set:
    "5-grams of word tokens; a file with fewer tokens is one shingle."
    toks = re.findall(rb'[0-9A-Za-z_\x80-\xff]+', b)
    return {tuple(toks[i:i + n]) for i in range(len(toks) - n + 1)} or {tuple(toks)}


def jaccard(a: str, b: str) -> float:
    x, y = shingles((ROOT/a).read_bytes()), shingles((ROOT/b).read_bytes())
    return len(x & y) / len(x | y)


@pytest.mark.parametrize('p', PAIRS, ids=lambda p: p['b'].rpartition('/')[2])
def test_similarity_lies_in_its_band(p):
    j = jaccard(p['a'], p['b'])
    assert float(p['low']) <= j <= float(p['high']) and j == pytest.approx(float(p['jaccard']), abs=5e-5)
    assert float(p['high']) - float(p['low']) <= .021, 'a band as wide as this says nothing'


def test_ladder_has_rungs():
    js = sorted(float(p['jaccard']) for p in PAIRS)
    for low, high in ((0, .2), (.45, .65), (.65, .75), (.75, .86), (.86, .91), (.91, .96), (.96, .982), (.982, .999), (1, 1)):
        assert any(low <= j <= high for j in js), (low, high)


def test_chain_is_not_transitive():
    a, b, c = (f'files/neardup/chain_{x}.sql' for x in 'abc')
    assert jaccard(a, b) > .75 < jaccard(b, c) and jaccard(a, c) < .65


def test_bridge_has_two_survivors():
    l1, l2, r1, r2 = (f'files/neardup/bridge_{x}.c' for x in ('left_1', 'left_2', 'right_1', 'right_2'))
    assert min(jaccard(l1, l2), jaccard(r1, r2)) > .84 > jaccard(l2, r1) > .75 > max(jaccard(l1, r1), jaccard(l2, r2), jaccard(l1, r2))


def test_twins_are_no_copies():
    "Pairs of similarity 1 whose bytes differ: exact deduplication must leave them to the fuzzy one."
    twins = [p for p in PAIRS if float(p['jaccard']) == 1]
    assert len(twins) >= 3
    for p in twins: assert (ROOT/p['a']).read_bytes() != (ROOT/p['b']).read_bytes()
    code = ast.dump(ast.parse((ROOT/'files/neardup/ladder/base.py').read_text()))
    assert ast.dump(ast.parse((ROOT/'files/neardup/ladder/tabs.py').read_text())) == code
    assert ast.dump(ast.parse((ROOT/'files/neardup/ladder/punctuation.py').read_text())) != code


def test_fuzzy_hints_follow_the_pairs():
    "What is to go has a partner that stays, at 0.75 or more; of two that are so similar, at most one stays."
    near = {r['path'] for r in ROWS if r['expect'] == 'fuzzy/near'}
    close = [(p['a'], p['b']) for p in PAIRS if float(p['jaccard']) >= .75]
    for x in near: assert any(x in p and len(near & {*p}) == 1 for p in close), x
    for p in close: assert near & {*p}, p


def test_other_files_are_not_alike():
    "No accidental near copies: a pair that is not listed stays below 0.5."
    rows = [r for r in ROWS if r['encoding'] == 'utf-8' and len(raw(r)) > 300]
    known = {frozenset((p['a'], p['b'])) for p in PAIRS} | {frozenset((a['path'], b['path'])) for g in groups() for a in g for b in g}
    alike = {r['path'] for r in ROWS if r['path'].startswith('files/neardup/')}
    sets = {r['path']: shingles(raw(r)) for r in rows}
    for i, a in enumerate(rows):
        for b in rows[i + 1:]:
            x, y = sets[a['path']], sets[b['path']]
            if min(len(x), len(y)) * 2 < max(len(x), len(y)) or {a['path'], b['path']} <= alike or frozenset((a['path'], b['path'])) in known: continue
            assert len(x & y) / len(x | y) < .5, (a['path'], b['path'])


# ---------------------------------------------------------------- personal data, repositories

def test_spans_stand_in_their_files():
    for s in SPANS:
        assert s['text'] in text(ROW[s['path']]), s
        assert s['action'] in ('replace', 'keep') and s['kind'] in ('email', 'ip', 'name', 'password', 'key', 'phone'), s
    kinds = Counter((s['kind'], s['action']) for s in SPANS)
    assert all(kinds[k, 'replace'] >= 3 for k in ('email', 'ip', 'name', 'password', 'key', 'phone')) and kinds['ip', 'keep'] >= 10


def test_no_address_is_forgotten():
    "Whatever looks like an e-mail address or an IPv4 address in these files is a labelled span."
    told = defaultdict(set)
    for s in SPANS: told[s['path']].add(s['text'])
    for r in ROWS:
        if not r['path'].startswith(('files/personal/', 'files/headers/')): continue
        for m in re.findall(r'[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])', text(r)):
            assert any(m in s or s in m for s in told[r['path']]), (r['path'], m)


def test_keys_are_fake():
    "Nothing here opens anything: keys say EXAMPLE or FAKE, key material decodes to a sentence."
    import base64
    t = text(ROW['files/personal/uploader.go'])
    body = re.search(r'KEY-----\n(.*?)\n-----END', t, re.S)[1]
    assert b'This is not a key' in base64.b64decode(body)
    for s in SPANS:
        if s['kind'] == 'key' and 'BEGIN' not in s['text']: assert re.search('EXAMPLE|fake|FAKE|ZmFrZS', s['text']), s


def test_repositories():
    assert {r['folder'] for r in REPOS} == {'files', *(f'repos/{p.name}' for p in (ROOT/'repos').iterdir() if p.is_dir())}
    for r in REPOS:
        assert int(r['stars']) >= 0 and 10**9 < int(r['committed_at']) < 2 * 10**9 and r['license'], r
    n = Counter(r['path'].split('/')[1] for r in ROWS if r['path'].startswith('repos/'))
    assert 8 <= n['tidepool'] <= 16 and 8 <= n['paperboat'] <= 16
    assert {r['language'] for r in ROWS if r['path'].startswith('repos/paperboat/')} >= {'c', 'javascript', 'typescript'}


# ---------------------------------------------------------------- what the stages say

def test_preprocess_names_the_same_languages():
    from opencookbook.data.preprocess import language
    for r in ROWS:
        if r['encoding'] == 'binary': continue
        assert (language(r['path']) or ('',))[0] == r['language'], r['path']


def test_harvest_decodes_or_refuses_as_listed():
    from opencookbook.data.files import Text, decode
    for r in ROWS:
        got = decode(raw(r))
        stage, _, rule = r['expect'].partition('/')
        if stage == 'harvest' and rule in ('binary', 'encoding'): assert got[0] == rule, (r['path'], got)
        else:
            assert isinstance(got, Text), (r['path'], got)
            assert got.utf8.decode() == text(r), r['path']


def test_filters_hit_as_listed():
    from opencookbook.core.doc import docs
    from opencookbook.data.filters import judge
    from opencookbook.data.preprocess import language
    from opencookbook.data.signals import signals
    from opencookbook.recipes.rules import OPENCODER
    rows = [r for r in ROWS if r['expect'].startswith('filters/')]
    kinds = [language(r['path'].rpartition('/')[2]) for r in rows]
    table = docs([dict(repo='r', path=r['path'], text=text(r), lang=lang, doc_type=kind) for r, (lang, kind) in zip(rows, kinds)])
    hit = judge(signals(table)[0], OPENCODER)[0]
    for r, h in zip(rows, hit): assert r['expect'].partition('/')[2] in {rule.signal for rule, x in zip(OPENCODER, h) if x}, r['path']
