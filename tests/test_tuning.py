"""Limits: margins against verdicts, tables against plain Python, the page against what texts may hold.

usage: pytest tests/test_tuning.py
"""
import math
import os
import random
import re
import signal
import subprocess
import sys
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

from opencookbook.core.doc import docs
from opencookbook.core.show import house_style
from opencookbook.data import tuning
from opencookbook.data.filters import Rule, filters, hits, judge, where
from opencookbook.data.tuning import (NEAR, SHOWN, TOO_MUCH, _digits, _edges, _visible, cases, explain, explanation, margins, mix, of_language, shares_alone, show_alone,
                                      show_limit, sweep, write_page)

NUMBERS = [None, float('nan'), -1., 0., .95, 1., 1.04, 1.06, 2., 3., float('inf'), float('-inf'), 5e-324]


def table(seed, n=80):
    "Documents with numbers and holes in every column."
    rng = random.Random(seed)
    t = docs([dict(repo=f'r{i % 5}', path=f'{i}.x', text=''.join(rng.choices('abc \n', k=rng.randrange(40))), lang=rng.choice(['a', 'b', 'c', None]), doc_type=rng.choice(['code', 'data', 'text'])) for i in range(n)])
    for c in 'pqr': t = t.append_column(c, pa.array([rng.choice(NUMBERS) for _ in range(n)], pa.float64()))
    return t.append_column('flag', pa.array([rng.choice([None, True, False]) for _ in range(n)])).append_column('whole', pa.array([rng.randrange(4) for _ in range(n)]))


def profile(seed, n=6, shares=(1,)):
    rng = random.Random(-1 - seed)
    return tuple(Rule(rng.choice(['p', 'q', 'r', 'flag', 'whole']), rng.choice(['<', '>', '==']), rng.choice([0, 1, 1.5, -2, float('inf')]), share=rng.choice(shares),
                      doc_types=rng.choice([('code',), ('code', 'data'), ('code', 'data', 'text')]), langs=rng.choice([(), (), ('a',)]), but=rng.choice([(), ('b',)])) for _ in range(n))


def reaches(row, r): return row['doc_type'] in r.doc_types and (not r.langs or row['lang'] in r.langs) and row['lang'] not in r.but


def fires(row, r):
    v = row[r.signal]
    if not reaches(row, r) or v is None or v != v: return False
    return v < r.threshold if r.comparison == '<' else v > r.threshold if r.comparison == '>' else v == r.threshold


def length(texts): return np.array([float(len(t)) if t else math.nan for t in texts.to_pylist()])


# ---- margins and what is said of them

@pytest.mark.parametrize('seed', range(40))
def test_the_sign_of_a_margin_is_the_verdict(seed):
    t, rules = table(seed), profile(seed)
    (hit, unknown), away = judge(t, rules), margins(t, rules)
    assert away.shape == hit.shape
    for j, r in enumerate(rules):
        assert (hit[:, j] == ((away[:, j] == 0) if r.comparison == '==' else (away[:, j] < 0))).all()
        assert (np.isnan(away[:, j]) == (unknown[:, j] | ~where(t, r))).all()


@given(st.floats(allow_nan=False), st.floats(allow_nan=False), st.sampled_from('<>'))
@settings(max_examples=500, deadline=None)
def test_the_sign_for_any_two_numbers(value, limit, comparison):
    t = docs([dict(repo='r', path='p', text='', doc_type='code')]).append_column('x', pa.array([value]))
    with np.errstate(over='ignore'): [[away]] = margins(t, [Rule('x', comparison, limit)])
    assert (away < 0) == (value < limit if comparison == '<' else value > limit) and (away == 0) == (value == limit)


@pytest.mark.parametrize('seed', range(30))
def test_explain_against_plain_python(seed):
    t, rules = table(seed), profile(seed)
    found = explain(t, rules).to_pylist()
    assert [r['doc_id'] for r in found] == [d for row in t.to_pylist() for d in [row['doc_id']] * sum(reaches(row, r) for r in rules)]
    for row in t.to_pylist():
        mine = [r for r in found if r['doc_id'] == row['doc_id']]
        keys = [(['fires', 'near', 'stays', 'undecided'].index(r['verdict']), r['relative'] if r['relative'] is not None else math.nan) for r in mine]
        assert all(a[0] < b[0] or a[0] == b[0] and not a[1] > b[1] for a, b in zip(keys, keys[1:]))
        assert sorted((r['signal'], r['comparison'], r['threshold']) for r in mine if r['verdict'] == 'fires') == sorted((r.signal, r.comparison, float(r.threshold)) for r in rules if fires(row, r))
        for r in mine:
            v, x = row[r['signal']], r['threshold']
            if v is None or v != v: assert (r['verdict'], r['value'], r['margin'], r['relative']) == ('undecided', None, None, None); continue
            gap = 0 if v == x else v - x if r['comparison'] == '<' else x - v if r['comparison'] == '>' else abs(v - x)
            assert r['margin'] == gap and r['value'] == v
            if r['verdict'] != 'fires': assert (r['verdict'] == 'near') == (gap == 0 or x != 0 and math.isfinite(x) and gap / abs(x) <= NEAR)


def test_two_rules_on_one_signal_are_told_apart():
    t = docs([dict(repo='r', path='p', text='', doc_type='code')]).append_column('x', pa.array([11.]))
    assert [(r['comparison'], r['threshold'], r['verdict'], r['margin']) for r in explain(t, [Rule('x', '<', 2), Rule('x', '>', 10)]).to_pylist()] == [('>', 10, 'fires', -1), ('<', 2, 'stays', 9)]


def test_on_the_limit_the_margin_has_no_sign():
    t = docs([dict(repo='r', path='p', text='', doc_type='code')]).append_column('x', pa.array([2.]))
    assert [str(m) for m in explain(t, [Rule('x', c, 2) for c in '<>'])['margin'].to_pylist()] == ['0.0'] * 2
    assert explanation(t, [Rule('x', '>', 2)]).split()[-2:] == ['+0', '+0.0%']


def test_near_can_be_told():
    t = docs([dict(repo='r', path='p', text='', doc_type='code')]).append_column('x', pa.array([12.5]))
    assert [explain(t, [Rule('x', '<', 10)], near)['verdict'].to_pylist() for near in (0, .2, .25, 9)] == [['stays'], ['stays'], ['near'], ['near']]


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=500, deadline=None)
def test_digits_never_change_sides(x, limit):
    shown = float(_digits(x, limit).replace(',', ''))
    assert (shown < limit, shown > limit) == (x < limit, x > limit)
    assert math.isclose(shown, x, rel_tol=1e-3)


def test_a_terminal_gets_aligned_lines():
    t = docs([dict(repo='r', path='a\x1b[31m\u202e.py', text='secret', lang='python', doc_type='code')])
    for name, v in dict(qsc_code_num_lines=3., qsc_code_line_mean=120.5, qsc_codepython_share=.5, qsc_code_free=1234567., qsc_doc_num_lines=None, qsc_code_unknown=None).items(): t = t.append_column(name, pa.array([v], pa.float64()))
    rules = [Rule('qsc_code_num_lines', '<', 10, share=.8), Rule('qsc_code_line_mean', '<', 5), Rule('qsc_code_line_mean', '>', 125), Rule('qsc_codepython_share', '>', .6, langs=('go',)), Rule('qsc_doc_num_lines', '>', 4)]
    text = explanation(t, rules)
    assert '\x1b' not in text and '\u202e' not in text and 'secret' not in text and 'qsc_' not in text
    head, blank, title, *rows = text.split('\n')
    assert head == 'a<001B>[31m<202E>.py (python, code): 4 rules apply: fires 1, near 1, stays 1, undecided 1' and blank == ''
    assert [r.split() for r in rows] == [['fires', 'num_lines', '3', '<', '10', '-7', '-70%', '80%', 'of', 'such', 'files', 'go'], ['near', 'line_mean', '120.5', '>', '125', '+4.5', '+3.6%'],
                                         ['line_mean', '120.5', '<', '5', '+115.5', '+2,310%'], ['undecided', 'num_lines', '-', '>', '4'], [], ['measured,', 'but', 'no', 'rule', 'asks:'], ['share', '0.5'], ['free', '1,234,567']]
    assert not any(l != l.rstrip() for l in text.split('\n'))
    end = title.index('value') + 5  # numbers end where the word does
    assert all(r[:end].rstrip() == r[:end] and r[end:end + 1] in ('', ' ') for r in rows if r and not r.startswith('measured'))
    assert 'such files' not in explanation(t, [Rule('qsc_code_num_lines', '<', 10)]) and 'unknown' not in text
    assert 'no rule asks' in explanation(t, []) and ': 0 rules apply\n' in explanation(t, [])


# ---- tables

@pytest.mark.parametrize('seed', range(30))
def test_alone_against_plain_python(seed):
    t, rules = table(seed, 200), tuple(dict.fromkeys(profile(seed)))
    if len({str(r) for r in rules}) < len(rules): rules = rules[:1]
    want = {}
    for row in t.to_pylist():
        hit = [r for r in rules if fires(row, r)]
        for r in rules:
            if reaches(row, r):
                w = want.setdefault((str(r), row['lang'] or 'unknown'), [0, 0]); w[0] += 1; w[1] += hit == [r]
    found = shares_alone(pa.concat_tables([hits(t.slice(i, 70), rules) for i in range(0, 200, 70)])).to_pylist()
    assert {(r['rule'], r['lang']): [r['docs'], r['alone']] for r in found} == want
    assert all(r['share'] == r['alone'] / r['docs'] and r['red'] == (r['share'] > TOO_MUCH) for r in found)
    assert [(-r['red'], -r['alone'], -r['share']) for r in found] == sorted((-r['red'], -r['alone'], -r['share']) for r in found)


def test_ten_of_a_hundred_is_not_too_much_and_eleven_is():
    for n in (10, 11):
        t = docs([dict(repo='r', path=str(i), text='', lang='c', doc_type='code') for i in range(100)]).append_column('x', pa.array([float(i) for i in range(100)]))
        assert shares_alone(hits(t, [Rule('x', '<', n)]))['red'].to_pylist() == [n > 10]


@pytest.mark.parametrize('seed', range(40))
def test_a_sweep_is_the_judge_at_each_limit(seed):
    t, rules = table(seed), [r for r in profile(seed) if r.comparison != '==']
    rules = [*rules, Rule('p', '<', 1)]
    rule, limits = rules[seed % len(rules)], [-1, 0, .5, 1, 1.05, 2, 3, 1e9]
    if not where(t, rule).any(): return
    found = sweep(t, rules, rule, limits).to_pylist()
    for at in found:
        moved = [Rule(r.signal, r.comparison, at['threshold'] if r == rule else r.threshold, doc_types=r.doc_types, langs=r.langs, but=r.but) for r in dict.fromkeys(rules)]
        hit = judge(t, moved)[0]
        j = moved.index(next(m for m, r in zip(moved, dict.fromkeys(rules)) if r == rule))
        assert (at['hits'], at['alone']) == (hit[:, j].sum(), (hit[:, j] & (np.delete(hit, j, 1).sum(1) == 0)).sum())
        reach = [row for row in t.to_pylist() if reaches(row, rule)]
        assert math.isclose(at['bytes'], sum(row['n_bytes'] for row in reach if fires(row, moved[j])) / sum(row['n_bytes'] for row in reach))
    for c in ('hits', 'alone', 'bytes'):
        col = [r[c] for r in found][::1 if rule.comparison == '<' else -1]
        assert col == sorted(col)


@pytest.mark.parametrize('seed', range(30))
def test_the_mix_is_what_filters_leave(seed):
    t, rules = table(seed), profile(seed, shares=(1, .5))
    found = mix(t, rules, seed).to_pylist()
    for name in {r['rule'] for r in found}:
        stays = filters(t, [r for r in rules if name in (str(r), 'all rules')], 'keep', seed)[0]
        for r in (r for r in found if r['rule'] == name):
            total = lambda some, lang=r['lang']: sum(n for n, g in zip(some['n_bytes'].to_pylist(), some['lang'].to_pylist()) if lang in (None, g or 'unknown'))
            assert (r['before'], r['after']) == (total(t), total(stays))
            assert math.isclose(r['share_before'], total(t) / total(t, None)) and math.isclose(r['share_after'], total(stays) / max(1, total(stays, None)))
    assert sum(r['rule'] == 'all rules' for r in found) == len({g or 'unknown' for g in t['lang'].to_pylist()})


# ---- files by perplexity

@pytest.mark.parametrize('seed', range(30))
@pytest.mark.parametrize('n', [1, 3])
def test_cases_against_plain_python(seed, n):
    t, rules = table(seed, 150), tuple(dict.fromkeys(profile(seed, 4)))
    asked = []
    def score(texts): asked.extend(texts.to_pylist()); return length(texts)
    found, rows = cases(t, rules, score, n).to_pylist(), t.to_pylist()
    near = {(r['doc_id'], r['signal'], r['comparison'], r['threshold']) for r in explain(t, rules).to_pylist() if r['verdict'] == 'near'}
    took, want = 0, []
    for r in rules:
        alone = [row for row in rows if [o for o in rules if fires(row, o)] == [r]]
        one = {(d['doc_id']) for d in rows if (d['doc_id'], r.signal, r.comparison, float(r.threshold)) in near and reaches(d, r)}
        left = [row for row in rows if row['doc_id'] in one and not any(fires(row, o) for o in rules)]
        for side, group in (('alone', alone), ('left', left)):
            some = sorted((row for row in group if row['text']), key=lambda row: (len(row['text']), row['doc_id']))
            rank = {row['doc_id']: k for k, row in enumerate(some, 1)}
            ends = some if len(some) <= 2 * n else some[:n] + some[-n:]
            blank = sorted((row for row in group if not row['text']), key=lambda row: row['doc_id'])[:2 * n - len(ends)]
            want += [(str(r), side, len(group), rank.get(row['doc_id']), row['path'], row['lang'], float(row[r.signal]), len(row['text']) or None, row['text']) for row in ends + blank]
            took += len(group)
    assert [(r['rule'], r['side'], r['among'], r['rank'], r['path'], r['lang'], r['value'], r['perplexity'], r['text']) for r in found] == want
    assert len(asked) <= took and set(r['text'] for r in found) <= set(asked)  # no other text is scored
    again = cases(t.take(list(range(149, -1, -1))), rules, length, n)
    assert again.to_pylist() == found


def test_a_model_is_asked_once_and_only_where_it_must():
    t = docs([dict(repo='r', path=str(i), text=str(i), doc_type='code') for i in range(100)]).append_column('x', pa.array([float(i) for i in range(100)]))
    calls = []
    def score(texts): calls.append(texts.to_pylist()); return length(texts)
    cases(t, [Rule('x', '<', 10), Rule('x', '<', 9.5)], score); assert calls == [['10', '11']]  # what two rules take none takes alone; these two lie near
    cases(t, [Rule('x', '<', -5)], score); assert len(calls) == 1


@pytest.mark.parametrize('bad', [lambda x: [], lambda x: 1., lambda x: np.ones((len(x), 1)), lambda x: np.ones(len(x) + 1)])
def test_a_model_gives_one_number_for_each_text(bad):
    with pytest.raises(ValueError, match='must give one for each') as e: cases(table(1), [Rule('whole', '<', 2)], bad)
    assert '\n' not in str(e.value)


# ---- the page

ALLOWED = {'html', 'meta', 'title', 'style', 'h1', 'h2', 'h3', 'p', 'div', 'table', 'tr', 'th', 'td', 'a', 'section', 'details', 'summary', 'b', 'span', 'pre', 'i', 'em'}


class Page(HTMLParser):
    "What a browser would see: tags, attributes, the text of each file."
    def __init__(self, html):
        super().__init__()
        self.tags, self.attrs, self.files, self.paths, self.within = [], [], [], [], []
        self.feed(html); self.close()
    def handle_starttag(self, tag, attrs):
        self.tags.append(tag); self.attrs += [(tag, *a) for a in attrs]
        if tag in ('pre', 'summary', 'style', 'em', 'i'): self.within.append(tag)
        if tag == 'pre': self.files.append('')
        if tag == 'summary': self.paths.append('')
    def handle_endtag(self, tag):
        if self.within and self.within[-1] == tag: self.within.pop()
    def handle_data(self, data):
        if self.within == ['pre']: self.files[-1] += data
        if self.within == ['summary']: self.paths[-1] += data


def written_page(t, rules, folder, score=length, n=10) -> str:
    write_page(folder/'p.html', cases(t, rules, score, n), shares_alone(hits(t, rules)))
    return (folder/'p.html').read_text('utf-8')


HOSTILE = ['</script><script>alert(1)</script>', '</pre></details><img src="http://evil.example/x.png" onerror=alert(1)>', '<style>@import "http://evil.example"</style>', '<!--', '-->', '<![CDATA[', '&lt;b&gt; &amp; &#60;', '"\'`',
           '<a href="javascript:alert(1)">x</a>', ']]>', '<plaintext>', '<title>', 'javascript:', '</html>', '\0\x01\x1b[2J\x7f\x85', '\r\n\r', '\u202e\u2066\u200b\ufeff', '\ud7ff\ue000\uffff\U0010ffff', '\U000e0041', '𝒳é中']


@given(texts=st.lists(st.lists(st.sampled_from(HOSTILE) | st.text(max_size=9), max_size=5).map(''.join), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_no_text_becomes_anything_but_text(texts, tmp_path_factory):
    t = docs([dict(repo='r', path=f'{i}{s}', text=s, lang=s, doc_type='code') for i, s in enumerate(texts)]).append_column('x', pa.array([1.] * len(texts)))
    html = written_page(t, [Rule('x', '>', 0)], tmp_path_factory.mktemp('page'))
    page = Page(html)
    assert set(page.tags) <= ALLOWED and page.tags.count('details') == len(texts)
    assert {v for tag, k, v in page.attrs if k in ('href', 'src', 'id')} <= {'#r0', 'r0'} and not any(k.startswith('on') for _, k, _ in page.attrs)
    assert not re.search('[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]', html)
    clean = lambda s: _visible(s.replace('\r\n', '\n'), '')
    assert sorted(page.files) == sorted(map(clean, texts))  # nothing is lost but what is marked


def test_lone_surrogates_and_broken_bytes(tmp_path):
    t = docs([dict(repo='r', path='p', text='', doc_type='code')]).append_column('x', pa.array([1.]))
    broken = pa.array([b'a\xed\xa0\x80b\xff'], pa.large_binary())
    broken = pa.Array.from_buffers(pa.large_string(), 1, broken.buffers())  # as a damaged file would have it
    t = t.set_column(t.column_names.index('text'), 'text', broken)
    html = written_page(t, [Rule('x', '>', 0)], tmp_path, lambda texts: np.ones(len(texts)))
    assert '<pre>a\ufffd' in html and _visible('\ud800x', '<i>{:04X}</i>') == '<i>D800</i>x'


def test_a_long_text_is_cut_and_says_so(tmp_path):
    t = docs([dict(repo='r', path='p/' * 900, text='<' * 8_000_000, doc_type='code')]).append_column('x', pa.array([1.]))
    html = written_page(t, [Rule('x', '>', 0)], tmp_path)
    assert Page(html).files == ['<' * SHOWN] and f'left out: {8_000_000 - SHOWN:,} characters' in html and len(html) < 40_000


def test_the_page_shows_n_of_each_end_and_how_many_lie_between(tmp_path):
    t = docs([dict(repo='r', path=f'{i:02}', text='x' * (i + 1), lang='c', doc_type='code') for i in range(60)]).append_column('x', pa.array([float(i) for i in range(60)]))
    html = written_page(t, [Rule('x', '<', 40)], tmp_path, n=3)  # 40 to 44 are near
    page = Page(html)
    assert [p[:2] for p in page.paths] == ['00', '01', '02', '37', '38', '39', '40', '41', '42', '43', '44']
    assert [len(f) - 1 for f in page.files] == [0, 1, 2, 37, 38, 39, 40, 41, 42, 43, 44]
    assert '34 between' in html and 'Taken by this rule alone: 40' in html and 'near the limit: 5' in html


def test_red_is_red_on_the_page(tmp_path):
    t = docs([dict(repo='r', path=f'{g}{i}', text='x', lang=g, doc_type='code') for g in 'ab' for i in range(20)]).append_column('x', pa.array([float(i) for i in range(40)]))
    html = written_page(t, [Rule('x', '<', 2), Rule('x', '>', 36)], tmp_path)
    assert re.findall(r'<span class=red>([^<]*)</span>', html) == ['b 15.0% (3 of 20)'] * 2 and '<span>a 10.0% (2 of 20)</span>' in html
    assert Page(html).attrs.count(('span', 'class', 'red')) == 2


def test_a_page_of_nothing_is_a_page(tmp_path):
    none = table(0).slice(0, 0)
    assert 'no rule applies' in written_page(none, profile(0), tmp_path)
    full = table(0)
    assert 'takes nothing alone' in written_page(full, [Rule('whole', '<', -1)], tmp_path)


def test_the_same_page_twice(tmp_path):
    (tmp_path/'a').mkdir(); (tmp_path/'b').mkdir()
    t, rules = table(3), profile(3)
    assert written_page(t, rules, tmp_path/'a') == written_page(t.take(list(range(79, -1, -1))), rules, tmp_path/'b')


def test_a_full_disk_leaves_the_old_page(tmp_path, monkeypatch):
    old, real = written_page(table(1), profile(1), tmp_path), Path.write_text
    def full(self, text, *a): real(self, text[:len(text) // 2], *a); raise OSError(28, 'No space left on device')
    monkeypatch.setattr(Path, 'write_text', full)
    with pytest.raises(OSError, match='the disk is full'): written_page(table(2), profile(2), tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ['p.html'] and (tmp_path/'p.html').read_text('utf-8') == old


def test_killed_in_the_middle(tmp_path):
    code = ('import os, signal, sys\nfrom pathlib import Path\nsys.path.insert(0, "tests")\nfrom test_tuning import table, profile, written_page\nreal = Path.write_text\n'
            'def half(self, text, *a): real(self, text[:len(text) // 2], *a); os.kill(os.getpid(), signal.SIGKILL)\n'
            'Path.write_text = half\nwritten_page(table(1), profile(1), Path(sys.argv[1]))\n')
    root = Path(__file__).parent.parent
    r = subprocess.run([sys.executable, '-c', code, str(tmp_path)], cwd=root, env={**os.environ, 'PYTHONPATH': str(root)}, capture_output=True, text=True)
    assert r.returncode == -signal.SIGKILL, r.stderr
    assert not (tmp_path/'p.html').exists() and all(p.name.startswith('.') for p in tmp_path.iterdir())
    assert written_page(table(1), profile(1), tmp_path).endswith('</html>')


# ---- pictures

def svg(draw) -> str:
    house_style()
    ax, out = draw(), StringIO()
    ax.figure.savefig(out, format='svg', metadata={'Date': None, 'Creator': None}); plt.close(ax.figure)
    return out.getvalue()


@pytest.mark.parametrize('draw', [lambda: show_limit(table(5), Rule('whole', '<', 2)), lambda: show_alone(shares_alone(hits(table(5), profile(5)))), lambda: show_alone(shares_alone(hits(table(5), ())))])
def test_the_same_picture_twice(draw): assert svg(draw) == svg(draw)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40), st.floats(0, 1e6), st.booleans())
@settings(max_examples=300, deadline=None)
def test_bins_hold_every_value_and_end_at_the_limit(values, limit, log):
    value = np.array(values)
    edges = _edges(value, limit, log)
    assert limit in edges and (np.diff(edges) >= 0).all() and np.histogram(value, edges)[0].sum() == len(value) and len(edges) < 50


def test_the_picture_counts_both_sides_and_nothing_twice():
    t = docs([dict(repo='r', path=str(i), text='', doc_type='code') for i in range(50)]).append_column('q_num_x', pa.array([None, math.nan, *[float(i) for i in range(48)]]))
    ax = show_limit(t, Rule('q_num_x', '<', 10))
    assert [x.get_text() for x in ax.get_legend().get_texts()] == ['kept (38)', 'dropped (10)', '< 10'] and ax.get_xscale() == 'symlog'
    assert sum(p.get_x() == 10 for p in ax.patches) == 2  # one colour on the other, not beside it, and a bar begins at the limit
    low, high = ([p for p in ax.patches if p.get_facecolor()[:3] == c] for c in {p.get_facecolor()[:3]: 0 for p in ax.patches})
    assert sorted(sum(p.get_height() for p in ps) for ps in (low, high)) == [10, 38]
    plt.close(ax.figure)
    for name in ('q_frac_x', 'q_num_minus'):
        ax = show_limit(t.append_column(name, pa.array([float(i) - 20 for i in range(50)])), Rule(name, '<', 1)); plt.close(ax.figure)
        assert ax.get_xscale() == 'linear'


def test_a_language_that_takes_too_much_is_named_in_red():
    t = docs([dict(repo='r', path=f'{g}{i}', text='x', lang=g, doc_type='code') for g in 'abcdefg' for i in range(5)]).append_column('x', pa.array([float(i) for _ in 'abcdefg' for i in range(5)]))
    ax = show_alone(shares_alone(hits(t, [Rule('x', '<', 1)])))
    assert [x.get_text() for x in ax.texts] == ['a, b, c, d and 3 more'] and {x.get_color() for x in ax.texts} == {tuning._RED}
    plt.close(ax.figure)


# ---- what is refused

def test_refusals_are_one_line():
    t = table(0)
    for call, word in [(lambda: explain(t, [Rule('pp', '<', 1)]), 'did you mean p'), (lambda: margins(t, ['p < 1']), 'is no Rule'), (lambda: explanation(t, []), '80 documents'),
                       (lambda: of_language(t, 'cobol'), "'cobol'; there are a, b, c"), (lambda: sweep(t, (), Rule('flag', '==', 1), [1]), 'has no limit'),
                       (lambda: sweep(t, (), Rule('p', '<', 1, langs=('z',)), [1]), 'applies to none of 80'), (lambda: sweep(t, (), Rule('p', '<', 1), ['1']), 'must be a number'),
                       (lambda: cases(t, (), length, 0), 'at least 1'), (lambda: cases(t, (), length, -3), 'at least 1'), (lambda: show_limit(t.slice(0, 0), Rule('p', '<', 1)), 'nothing to draw'),
                       (lambda: show_limit(t.set_column(t.column_names.index('p'), 'p', pa.nulls(80, pa.float64())), Rule('p', '<', 1)), 'nothing to draw')]:
        with pytest.raises(ValueError, match=word) as e: call()
        assert '\n' not in str(e.value)


def test_empty_tables_give_empty_tables():
    none, rules = table(0).slice(0, 0), profile(0)
    assert margins(none, rules).shape == (0, 6) and margins(table(0), ()).shape == (80, 0)
    for t in (explain(none, rules), explain(table(0), ()), cases(none, rules, length), cases(table(0), (), length), shares_alone(hits(none, rules)), mix(none, rules)): assert len(t) == 0 and t.column_names
    assert {r['rule'] for r in mix(table(0), ()).to_pylist()} == {'all rules'}
