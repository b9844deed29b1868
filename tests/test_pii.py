"""Personal data: labelled lines, look-alikes, installed code, hostile input, the ledger.

usage: pytest tests/test_pii.py            python tests/test_pii.py   prints precision and recall by kind

Keys are made here by formula, so that the repository holds nothing that looks like one. Where tree-sitter's grammars are installed, they judge whether a file still parses; else Python's own parser does.
"""
import ast
import base64
import csv
import importlib.util
import json
import random
import re
import string
import sysconfig
import time
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opencookbook.core.doc import docs
from opencookbook.core.engine import Engine, map_shards, write_tables
from opencookbook.data.pii import KINDS, find, find_plain, pii, replace
from opencookbook.data.preprocess import language
from opencookbook.data.secrets import Span, find_token

SAMPLES = Path(__file__).resolve().parent.parent/'data_samples'
MARK = re.compile(r'⟦(-?)(\w+)\|(.*?)⟧', re.S)
LETTERS = string.ascii_letters + string.digits
DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase


# ---------------------------------------------------------------- keys by formula

def drawn(rng: random.Random, n: int, letters: str = LETTERS) -> str: return ''.join(rng.choices(letters, k=n))


def unpadded(data: bytes) -> str: return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def github(rng: random.Random, wrong: bool = False) -> str:
    body = drawn(rng, 30)
    n, sum_ = zlib.crc32(body.encode()) ^ wrong, ''
    while len(sum_) < 6: n, sum_ = n // 62, DIGITS[n % 62] + sum_
    return 'gh' + 'p_' + body + sum_


def pem(rng: random.Random) -> str:
    kind = 'RSA PRIV' + 'ATE KEY'
    return f'-----BEGIN {kind}-----\\n' + '\\n'.join(drawn(rng, 64) for _ in range(4)) + f'\\n-----END {kind}-----'


def jwt(rng: random.Random) -> str:
    return '.'.join(unpadded(json.dumps(x).encode()) for x in (dict(alg='HS256', typ='JWT'), dict(sub=rng.randrange(10**6)))) + '.' + unpadded(rng.randbytes(32))


KEYS = {'random': lambda r: drawn(r, 32), 'hex': lambda r: r.randbytes(20).hex(), 'github': github, 'forged': lambda r: github(r, True), 'pem': pem, 'jwt': jwt,
        'basic': lambda r: base64.b64encode(f'schipper:{drawn(r, 9)}7'.encode()).decode(), 'slackhook': lambda r: 'hooks.sl' + f'ack.com/services/T{drawn(r, 8)}/B{drawn(r, 8)}/{drawn(r, 24)}',
        'stripe': lambda r: 'sk_' + 'live_' + drawn(r, 24), 'aws': lambda r: 'AK' + 'IA' + drawn(r, 16, string.ascii_uppercase + '234567'), 'base64': lambda r: base64.b64encode(r.randbytes(30)).decode(),
        'google': lambda r: 'AI' + 'za' + drawn(r, 35), 'slack': lambda r: 'xo' + f'xb-{r.randrange(10**11, 10**12)}-{drawn(r, 24)}', 'hf': lambda r: 'h' + 'f_' + drawn(r, 34, string.ascii_letters),
        'pypi': lambda r: 'py' + 'pi-AgEIcHlwaS5vcmc' + drawn(r, 80), 'gitlab': lambda r: 'gl' + 'pat-' + drawn(r, 20), 'azure': lambda r: base64.b64encode(r.randbytes(64)).decode()}


# ---------------------------------------------------------------- labelled spans

def labelled(seed: int = 0) -> list[tuple[str, bytes, list[tuple[Span, bool]]]]:
    "Language, text, spans with: is it to be replaced?"
    rng, out = random.Random(seed), []
    for line in (SAMPLES/'personal.txt').read_text('utf-8').splitlines():
        if line.startswith('#'): continue
        lang, _, text = line.partition('\t')
        text = re.sub('|'.join('{%s}' % k for k in KEYS), lambda m: KEYS[m[0][1:-1]](rng), text.replace('⏎', '\n'))
        plain, spans, at = b'', [], 0
        for m in MARK.finditer(text):
            plain += text[at:m.start()].encode()
            spans.append((Span(len(plain), len(plain) + len(m[3].encode()), 'ip_address' if m[2] == 'ip' else m[2]), not m[1]))
            plain, at = plain + m[3].encode(), m.end()
        out.append((lang, plain + text[at:].encode(), spans))
    return out


def sampled() -> list[tuple[str, bytes, list[tuple[Span, bool]]]]:
    "The same of spans.csv, every place at which a text stands."
    rows = list(csv.DictReader((SAMPLES/'spans.csv').open(encoding='utf-8')))
    out = []
    for path in dict.fromkeys(r['path'] for r in rows):
        text = (SAMPLES/path).read_bytes()
        spans = {Span(m.start(), m.end(), 'ip_address' if r['kind'] == 'ip' else r['kind']): r['action'] == 'replace' for r in rows if r['path'] == path for m in re.finditer(re.escape(r['text'].encode()), text)}
        out.append(((language(path) or ('',))[0], text, list(spans.items())))
    return out


def scores(sets) -> tuple[dict, list]:
    "By kind: right, missed, wrong; and what was missed or wrong. A span is found if one of its kind (password or key for secrets) overlaps it."
    n, bad = {k: Counter() for k in KINDS}, []
    group = lambda k: 'secret' if k in ('key', 'password') else k
    for lang, text, spans in sets:
        got, claimed = find_plain(text, lang), set()
        for s, wanted in spans:
            hits = [g for g in got if g.start < s.end and s.start < g.end and (group(g.kind) == group(s.kind) or not wanted)]
            claimed |= {g for g in hits}
            n[s.kind]['right' if wanted and hits else 'missed' if wanted else 'wrong' if hits else 'left'] += 1
            if wanted != bool(hits): bad.append((lang, s.kind, 'missed' if wanted else 'wrong', text[s.start:s.end].decode()))
        for g in got:
            if g not in claimed: n[g.kind]['wrong'] += 1; bad.append((lang, g.kind, 'wrong', text[g.start:g.end].decode()))
    return n, bad


def table(sets) -> dict[str, tuple[float, float, int]]:
    "Precision, recall and number of spans by kind."
    return {k: (c['right'] / max(1, c['right'] + c['wrong']), c['right'] / max(1, c['right'] + c['missed']), sum(c.values())) for k, c in scores(sets)[0].items()}


def test_there_are_enough_labels():
    n = Counter(s.kind for _, _, spans in labelled() + sampled() for s, _ in spans)
    assert sum(n.values()) >= 300 and min(n.values()) >= 15, n


@pytest.mark.parametrize('kind', KINDS)
def test_precision_and_recall(kind):
    precision, recall, _ = table(labelled() + sampled())[kind]
    assert precision >= .95 and recall >= .85, (precision, recall, scores(labelled() + sampled())[1])


@pytest.mark.parametrize('name', [k for k in KEYS if k not in ('random', 'hex', 'base64', 'forged', 'basic', 'azure')])
def test_every_made_key_is_found(name):
    rng = random.Random(name)
    for _ in range(200):
        key = KEYS[name](rng)
        assert [s[:2] for s in find_plain(f'x("{key}")'.encode())] == [(3, 3 + len(key))], key


@pytest.mark.parametrize('name', ['random', 'hex', 'base64'])
def test_random_needs_a_name(name):
    rng = random.Random(name)
    keys = [KEYS[name](rng) for _ in range(500)]
    assert not any(find_plain(f'checksum = "{k}"'.encode()) for k in keys)
    assert sum(bool(find_plain(f'api_key = "{k}"'.encode())) for k in keys) >= 475


def test_check_digits_decide():
    rng = random.Random(0)
    for _ in range(300):
        key = github(rng).encode()
        assert find_token(key, 0, '') and not find_token(key[:-1] + bytes([key[-1] ^ 1]), 0, '')


# ---------------------------------------------------------------- the fast one equals the plain one

def unchecked(texts: list[bytes]) -> pa.Array:
    "Strings that nobody promised to be UTF-8."
    offsets = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    return pa.LargeStringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(b''.join(texts)))


def plain(texts: list[bytes], langs: list[str]) -> dict: return {i: s for i, (t, l) in enumerate(zip(texts, langs)) if (s := find_plain(t, l))}


def test_equal_on_samples():
    paths = [p for p in sorted((SAMPLES/'files').rglob('*')) + sorted((SAMPLES/'repos').rglob('*')) if p.is_file()]
    texts, langs = [p.read_bytes() for p in paths], [(language(p.name) or ('',))[0] for p in paths]
    lines = labelled()
    texts, langs = texts + [t for _, t, _ in lines], langs + [l for l, _, _ in lines]
    found = find(unchecked(texts), langs)
    assert found == plain(texts, langs) and len(found) > 100


PIECES = ['@', '.', ':', '::', '://', '//', '-', '+', '(', ')', '"', "'", '=', ' = ', ': ', '=>', '>', '</', '<', '\\', '\n', '#', ' ', ',', '?', '&', ';', '--', '1', '25', '415', '(206) ', '555-0132', '+31 20 794 0800',
          '84.53.171.209', '8.8.8.8', '.1', '2a02:', 'a469:', '::25', 'tuin.nl', 'example.com', 'ada', 'Ada', 'Bo', 'van', 'Ltd', 'password', 'PASSWD', 'pwd', 'secret', 'token', 'api_key', 'author', '@author ', 'Authorization',
          'Bearer ', 'Basic ', 'Copyright', '(c) ', '2019', 'written by ', 'eyJ', 'gh' + 'p_', 'AK' + 'IA', 'QRSTUVWX', 'Fietsbel!1974', 'kJ8mQ2xT7vLp9Zs4', '-----BEGIN ', 'RSA PRIV' + 'ATE KEY-----', '-----END ', 'é', 'Ø', '\x00']


@pytest.mark.parametrize('seed', range(4))
def test_equal_on_pieces(seed):
    rng = random.Random(seed)
    texts = [''.join(rng.choices(PIECES, k=rng.randint(1, 40))).encode() for _ in range(5000)]
    langs = rng.choices(['', 'ini', 'shell', 'html', 'python'], k=len(texts))
    assert find(unchecked(texts), langs) == plain(texts, langs)


def test_random_bytes():
    "10^5 strings of bytes, most of them no UTF-8: no crash, nothing beyond their ends; a tenth is compared."
    rng = random.Random(0)
    pieces = [p.encode() for p in PIECES]
    texts = [rng.randbytes(rng.randint(0, 60)) if rng.random() < .5 else b''.join(rng.choice(pieces) if rng.random() < .8 else rng.randbytes(2) for _ in range(rng.randint(0, 12))) for _ in range(100_000)]
    found = find(unchecked(texts), ['ini'] * len(texts))
    assert all(0 <= s.start < s.end <= len(texts[d]) for d, spans in found.items() for s in spans) and len(found) > 500
    assert {d: s for d, s in found.items() if d < 10_000} == plain(texts[:10_000], ['ini'] * 10_000)
    for d, spans in found.items(): replace(texts[d], spans, 'ini')


def test_neighbours_do_not_matter():
    rng = random.Random(1)
    whole = ''.join(t.decode() for _, t, _ in labelled()).encode()
    cuts = sorted(rng.sample(range(len(whole)), 400))
    texts = [whole[a:b] for a, b in zip(cuts, cuts[1:])]
    found = find(unchecked(texts), [''] * len(texts))
    assert all(find(unchecked([t]), ['']).get(0) == found.get(i) for i, t in enumerate(texts))


# ---------------------------------------------------------------- hostile input

HOSTILE = {'a@': 'a@', '1.1.1.1.': '1.1.1.1.', 'quotes': '"', 'a@b.c': 'a@b.nl ', 'addresses': '84.53.171.209 ', 'chain': '1.', 'colons': '2a02:', 'passwords': 'password = "', 'brackets': 'password' + ')' * 40,
           'urls': '://a:b', 'begin': '-----BEGIN RSA PRIV' + 'ATE KEY-----\n', 'copyright': 'Copyright (c) ', 'names': 'author Ada Bo, ', 'plus': '+1 ', 'phones': '+31 20 794 0800 # ', 'jwt': 'eyJ.', 'blanks': ' ', 'words': 'a', 'dash': '-',
           'token': 'token: ' + 'A1b' * 20 + ' ', 'authorization': 'authorization: Bearer '}


DENSE = {'a@b.c', 'addresses', 'names', 'phones', 'plus', 'jwt', 'copyright'}  # a finder is asked at every few bytes: a megabyte shows it


@pytest.mark.parametrize('name', HOSTILE)
def test_time_is_linear(name):
    "Four times as much takes four times as long; a factor of 8 is allowed, since clocks are coarse."
    spent, large = {}, 1 if name in DENSE else 8
    for mb in (.1, large / 4, large):
        text = (HOSTILE[name] * int(mb * 1e6 / len(HOSTILE[name]) + 1)).encode()
        start = time.process_time()
        table = docs([dict(repo='r', path='x.py', text=text.decode(), lang='python')])
        pii(table)
        spent[mb] = time.process_time() - start
    assert spent[large] < 8 * spent[large / 4] + .5, spent


# ---------------------------------------------------------------- installed code

def installed(n_bytes: int, ends: str = '.py') -> list[tuple[str, str]]:
    paths, out = sorted(Path(sysconfig.get_paths()['purelib']).rglob(f'*{ends}')), []
    random.Random(0).shuffle(paths)
    for p in paths:
        if n_bytes < 0: break
        try: out.append((p.name, p.read_bytes().decode('utf-8')))
        except (UnicodeDecodeError, OSError): continue
        n_bytes -= len(out[-1][1])
    return out


def as_table(files: list[tuple[str, str]]) -> pa.Table: return docs([dict(repo='r', path=f'{i}/{p}', text=t, lang=(language(p) or ('',))[0]) for i, (p, t) in enumerate(files)])


def parses(text: str) -> bool:
    try: ast.parse(text)
    except (SyntaxError, ValueError, RecursionError): return False
    return True


def test_python_still_parses():
    before = as_table(installed(30_000_000))
    after, ledger = pii(before)
    changed = [(a, b) for a, b in zip(before['text'].to_pylist(), after['text'].to_pylist()) if a != b]
    assert len(changed) > 40 and len(changed) <= len(ledger)
    broken = [b[:200] for a, b in changed if parses(a) and not parses(b)]
    assert not broken, broken


GRAMMARS = {'.py': 'python', '.js': 'javascript', '.c': 'c', '.h': 'cpp', '.cpp': 'cpp', '.json': 'json', '.html': 'html', '.yaml': 'yaml', '.sh': 'bash', '.xml': 'xml', '.ts': 'typescript', '.css': 'css'}


def errors(node) -> int: return (node.is_error or node.is_missing) + sum(map(errors, node.children)) if node.has_error else 0


@pytest.mark.skipif(not importlib.util.find_spec('tree_sitter_language_pack'), reason='no grammars installed: pip install tree-sitter-language-pack==0.13.0')
@pytest.mark.parametrize('ends', GRAMMARS)
def test_grammars_see_no_new_error(ends):
    from tree_sitter_language_pack import get_parser
    parser, before = get_parser(GRAMMARS[ends]), as_table(installed(20_000_000, ends))
    for a, b in zip(before['text'].to_pylist(), pii(before)[0]['text'].to_pylist()):
        if a != b: assert errors(parser.parse(b.encode()).root_node) <= errors(parser.parse(a.encode()).root_node), b[:300]


def test_addresses_are_no_pieces_of_versions():
    "Of what is replaced as an IPv4 address, fewer than 2 % touch a dot, a letter or a hyphen with more behind it, or follow a word for versions."
    files = [f for ends in ('.py', '.json', '.txt', '.md', '.js', '.xml', '.c', '.h') for f in installed(25_000_000, ends)]
    texts = [t.encode() for _, t in files]
    hits = [(texts[d], s) for d, spans in find(unchecked(texts), [''] * len(texts)).items() for s in spans if s.kind == 'ip_address' and b'.' in texts[d][s.start:s.end]]
    dotted = [t[s.start - 30:s.end + 10] for t, s in hits if re.search(rb'[\w.+-]$|(?i:version|release|oid|identifier|\bV8 to)\W{1,4}$|\b\d+\.\d+\.\d+\W{1,3}$', t[max(0, s.start - 14):s.start]) or re.match(rb'[.-]?\w', t[s.end:s.end + 2])]
    assert len(hits) >= 10 and len(dotted) < .02 * len(hits), dotted


# ---------------------------------------------------------------- placeholders and the ledger

def test_same_value_same_placeholder():
    text = b'# piet@tuin.nl, wil@tuin.nl, piet@tuin.nl 84.53.171.209'
    assert replace(text, find_plain(text), 'python') == b'# <EMAIL_1>, <EMAIL_2>, <EMAIL_1> <IP_ADDRESS>'
    assert replace(text, find_plain(text), 'python', paper=True) == b'# <email>, <email>, <email> <ip_address>'


@pytest.mark.parametrize('lang,text,want', [
    ('html', '<p>ada@tuin.nl</p>', '<p>&lt;EMAIL&gt;</p>'), ('tsx', 'return <p>ada@tuin.nl</p>', 'return <p>&lt;EMAIL&gt;</p>'), ('javascript', 'x = "ada@tuin.nl"', 'x = "<EMAIL>"'),
    ('shell', 'ping 84.53.171.209', "ping '<IP_ADDRESS>'"), ('shell', 'P="84.53.171.209"', 'P="<IP_ADDRESS>"'), ('shell', 'x # 84.53.171.209', 'x # <IP_ADDRESS>'), ('yaml', 'a: 84.53.171.209', 'a: <IP_ADDRESS>')])
def test_written_so_that_it_parses(lang, text, want): assert replace(text.encode(), find_plain(text.encode(), lang), lang).decode() == want


def test_ledger_says_where_and_never_what():
    sets = labelled() + sampled()
    before = docs([dict(repo='r', path=str(i), text=t.decode(), lang=l) for i, (l, t, _) in enumerate(sets)])
    after, ledger = pii(before)
    assert len(after) == len(before) and set(ledger['action'].to_pylist()) == {'change'} and set(ledger['rule'].to_pylist()) == set(KINDS)
    told = str(ledger.drop_columns(['path']).to_pylist())
    for row in ledger.to_pylist():
        lang, text, _ = sets[int(row['path'])]
        spans = [tuple(map(int, x.split('-'))) for x in row['note'].removeprefix('bytes ').split()]
        assert [s[:2] for s in find_plain(text, lang) if s.kind == row['rule']] == spans and row['value'] == len(spans)
        for a, b in spans: assert text[a:b].decode() not in told


def test_nothing_is_found_twice():
    sets = labelled() + sampled()
    once, _ = pii(docs([dict(repo='r', path=str(i), text=t.decode(), lang=l) for i, (l, t, _) in enumerate(sets)]))
    assert len(pii(once)[1]) == 0


def test_stage_over_shards(tmp_path):
    rows = [dict(repo='r', path=f'{i}.py', text=f'# ada{i}@tuin.nl\n' if i % 3 else 'x = 1\n', lang='python') for i in range(90)]
    (tmp_path/'in').mkdir()
    for s in range(3): write_tables(tmp_path/'in'/f'{s}.parquet', [docs(rows[s * 30:s * 30 + 10]), docs(rows[s * 30 + 10:s * 30 + 30])])
    sums = map_shards(Engine(workers=1, quiet=True), pii, tmp_path/'in', tmp_path/'out')
    texts = [t for p in sorted((tmp_path/'out').glob('*.parquet')) for t in pq.read_table(p)['text'].to_pylist()]
    assert sums['rows_in'] == sums['rows_out'] == 90 and sums['dropped'] == 0 and texts == ['# <EMAIL>\n' if i % 3 else 'x = 1\n' for i in range(90)]
    assert sums['bytes_out'] == sum(map(len, texts))


if __name__ == '__main__':
    for kind, (precision, recall, n) in table(labelled() + sampled()).items(): print(f'{kind:<11} precision {precision:.3f}  recall {recall:.3f}  spans {n}')
    for row in scores(labelled() + sampled())[1]: print(*row)
