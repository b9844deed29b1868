"""Signals against their definition, rules against plain ifs, and the split: properties over random input."""
import math
import random
import re
import time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings, strategies as st

from opencookbook.core.doc import docs
from opencookbook.core.ledger import LEDGER, n_dropped
from opencookbook.data.filters import COMPARISONS, Rule, filters, hits, judge
from opencookbook.data.counters import COUNT_SIGNALS, COUNTERS, KINDS, char_kinds, count, count_plain, counters
from opencookbook.data.signals import SIGNALS, from_json, signals, to_json
from opencookbook.data.split import choose, fill, place, split

column = lambda texts: pa.array(texts, pa.large_string())
plain = lambda texts: [list(count_plain(t).values()) for t in texts]
get = lambda text, *names: tuple(int(counters(column([text]))[0, COUNTERS.index(n)]) for n in names)


# ---- signals: the kernel is the definition

def test_the_table_of_kinds_is_python_over_all_code_points():
    kinds = char_kinds()
    chars = [chr(i) for i in range(0x110000)]
    for name, ask in dict(alpha=str.isalpha, digit=str.isdigit, space=str.isspace).items():
        assert ((kinds & KINDS[name]) > 0).tolist() == list(map(ask, chars)), name
    assert [c for c in chars if kinds[ord(c)] & KINDS['curly']] == ['{', '}'] and [c for c in chars if kinds[ord(c)] & KINDS['lost']] == ['\ufffd']


def test_space_is_what_regular_expressions_call_space():
    assert all(bool(re.match(r'\s', chr(i))) == chr(i).isspace() for i in range(0x110000))


nasty = st.text(alphabet=st.sampled_from('ab{} \n\n\r\t\0\x0b\x0c\x1c\x85\xa0é߿ࠀ中\u2028\u3000\ufeff\ufffd\uffff\U00010000😀\U0010ffff٣²Ⅷ'), max_size=60)


@given(st.lists(st.text(max_size=80) | nasty, max_size=8))
@settings(max_examples=400, deadline=None)
def test_kernel_equals_plain(texts): assert counters(column(texts)).tolist() == plain(texts)


@given(st.lists(nasty, min_size=1, max_size=12), st.data())
@settings(max_examples=100, deadline=None)
def test_slices_and_chunks_do_not_matter(texts, data):
    a, b = sorted((data.draw(st.integers(0, len(texts))), data.draw(st.integers(0, len(texts)))))
    assert counters(column(texts)[a:b]).tolist() == plain(texts[a:b])
    assert counters(pa.chunked_array([column(texts[:a]), column(texts[a:b]), column(texts[b:])])).tolist() == plain(texts)
    assert counters(pa.chunked_array([column(texts), column(texts)]).slice(a, b)).tolist() == plain((texts + texts)[a:a + b])


@pytest.mark.parametrize('text, lines, longest', [
    ('', 0, 0), ('\n', 1, 1), ('\n\n', 2, 1), ('a', 1, 1), ('a\n', 1, 2), ('a\nb', 2, 2), ('a\n\nb\n', 3, 2), ('\na', 2, 1), ('a\r\nb\r\n', 2, 3), ('a\rb\rc', 1, 5),
    ('a\u2028b\x0bc\x0cd\x85e', 1, 9), ('\r\n' * 7, 7, 2), ('😀' * 5 + '\n', 1, 6), ('\0\n\0', 2, 2), ('\ufeffx\n', 1, 3), (' ' * 9, 1, 9)])
def test_lines(text, lines, longest):
    assert get(text, 'lines', 'longest') == (lines, longest)
    found = re.findall(r'[^\n]*\n|[^\n]+$', text)  # what the released filter splits with
    assert (len(found), max(map(len, found), default=0), sum(map(len, found))) == (lines, longest, len(text))


def test_every_valid_code_point_alone():
    chars = [chr(i) for i in range(0x110000) if not 0xD800 <= i < 0xE000]
    got = counters(column(chars))
    assert (got[:, 1] == 1).all() and got[:, 0].tolist() == [len(c.encode()) for c in chars]
    assert got[:, COUNTERS.index('alpha')].tolist() == [c.isalpha() for c in chars]


def test_any_bytes_stay_within_their_document():
    "Random bytes: no crash, bounded counts, and a document gives the same whatever stands beside it."
    rng = random.Random(0)
    parts = [bytes(rng.choices([0x0a, 0x20, 0x41, 0x7b, 0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xe4, 0xed, 0xf0, 0xf4, 0xf8, 0xff, rng.randrange(256)], k=rng.randrange(12))) for _ in range(20_000)]
    offsets = np.cumsum([0, *map(len, parts)])
    together = count(offsets, np.frombuffer(b''.join(parts), np.uint8), char_kinds())
    assert (together[:, 1] <= together[:, 0]).all() and (together >= 0).all() and (together[:, 2] + together[:, 3] == together[:, 1]).all()
    for i in range(0, len(parts), 7):
        assert count(np.array([0, len(parts[i])]), np.frombuffer(parts[i] + b'\xbf\xbf', np.uint8), char_kinds())[0].tolist() == together[i].tolist()
    valid = [i for i, p in enumerate(parts) if p.decode('utf-8', 'ignore').encode() == p]
    assert len(valid) > 1000 and all(together[i].tolist() == list(count_plain(parts[i].decode()).values()) for i in valid)


@pytest.mark.parametrize('data, chars, lost', [(b'\xf4\xbf\xbf\xbf', 1, 1), (b'\xf7\xbf\xbf\xbf', 1, 1), (b'\xf4\x8f\xbf\xbf', 1, 0), (b'\xff\xff', 2, 2), (b'\x80a', 2, 1),
                                               (b'\xe4\xb8', 1, 1), (b'\xe4\xb8a', 2, 1), (b'\xe4a\xb8', 3, 2), (b'\xf0\x9f\x98', 1, 1), (b'\xef\xbf\xbd', 1, 1), (b'\xc3', 1, 1)])
def test_what_is_no_utf8_is_lost(data, chars, lost):
    got = dict(zip(COUNTERS, count(np.array([0, len(data)]), np.frombuffer(data, np.uint8), char_kinds())[0].tolist()))
    assert (got['bytes'], got['chars'], got['lost']) == (len(data), chars, lost) and got['alpha'] <= chars - lost


@pytest.mark.parametrize('unit', ['x', '(', '\n', ' ', '中', '😀', '\r', 'x\n', '\0'])
def test_large_documents_take_linear_time(unit):
    n = 2_000_000 // len(unit.encode())
    t = time.process_time()
    chars, = get(unit * n, 'chars')
    assert chars == n * len(unit) and time.process_time() - t < 2


BASE = [dict(repo='r', path='a.py', text='x = 1\n' * 3, doc_type='code'), dict(repo='r', path='a.json', text='{}', doc_type='data'),
        dict(repo='r', path='a.md', text='# hi\n', doc_type='text'), dict(repo='r', path='empty', text='', doc_type='code'), dict(repo='r', path='blank', text=' \n', doc_type='text'),
        dict(repo='r', path='emptytext', text='', doc_type='text')]


def test_columns_are_null_where_they_do_not_apply_or_are_undefined():
    got, ledger = signals(docs(BASE))
    assert len(ledger) == 0 and ledger.schema == LEDGER and got.num_rows == 6
    for s in COUNT_SIGNALS:
        col, share = got[s.name].to_pylist(), s.bottom is not None
        assert got[s.name].type == pa.float64() and not any(v is not None and math.isnan(v) for v in col)
        want = [not s.of_text, not s.of_text, s.of_text, not s.of_text and not share, s.of_text and s.bottom != 'visible', s.of_text and not share]
        assert [v is not None for v in col] == want, s


def test_released_values_of_the_empty_file():
    got = signals(docs(BASE), 'released')[0].to_pylist()
    code = {s.name: got[3][s.name] for s in COUNT_SIGNALS if not s.of_text}
    assert code == dict(qsc_code_num_chars=0, qsc_code_num_lines=0, qsc_code_size_file_byte=0, qsc_code_num_chars_line_max=0, qsc_code_num_chars_line_mean=0,
                        qsc_code_frac_chars_alphabet=0, qsc_code_frac_chars_digital=1, qsc_code_frac_chars_replacement_symbols=None, qsc_code_frac_chars_whitespace=1)
    assert got[5]['qsc_doc_frac_chars_curly_bracket'] == 0 and got[5]['qsc_doc_frac_chars_replacement_symbols'] is None
    sound = signals(docs(BASE))[0].to_pylist()[0]
    assert all(got[0][s.name] == sound[s.name] for s in COUNT_SIGNALS)


def test_signals_twice_is_signals_once_and_slices_agree():
    once = signals(docs(BASE))[0]
    assert signals(once)[0].equals(once)
    assert pa.concat_tables(signals(docs(BASE).slice(i, 2))[0] for i in (0, 2, 4)).to_pylist() == once.to_pylist()
    assert signals(docs(BASE).slice(0, 0))[0].schema == once.schema


def test_signal_names_are_unique_and_the_counts_exist():
    assert len({*SIGNALS}) == 118 and all({s.top, s.bottom} <= {*COUNTERS, None} for s in COUNT_SIGNALS)


def test_signals_refuse():
    with pytest.raises(ValueError, match='sound'): signals(docs(BASE), 'Released')
    with pytest.raises(ValueError, match='null in 1 of 1 documents'): signals(docs([dict(repo='r', path='p', text='')]))


def test_json_there_and_back():
    wide = signals(docs(BASE))[0]
    back = from_json(to_json(wide))
    assert {k: v for k, v in back.to_pylist()[0].items() if v is not None} == {k: v for k, v in wide.to_pylist()[0].items() if v is not None}
    assert to_json(docs(BASE))['signals'].to_pylist() == ['{}'] * 6 and 'signals' not in from_json(to_json(docs(BASE))).column_names
    for bad in ('[1]', '{', '{"a": "x"}', '7', '{"a": [1]}'):
        with pytest.raises(ValueError, match='JSON objects') as e: from_json(pa.table(dict(signals=[bad])))
        assert '\n' not in str(e.value)


# ---- rules

@pytest.mark.parametrize('kw', [
    dict(signal=3), dict(signal=''), dict(signal=None), dict(comparison='<='), dict(comparison='lambda x: x < 3'), dict(comparison=None), dict(threshold='10'),
    dict(threshold=None), dict(threshold=float('nan')), dict(threshold=True), dict(threshold=[1]), dict(share=0), dict(share=1.1), dict(share='0.5'), dict(share=-1), dict(share=True),
    dict(doc_types='code'), dict(doc_types=()), dict(doc_types=('codes',)), dict(langs='python'), dict(langs=['python']), dict(but=('a', 3)), dict(but=None)])
def test_what_is_no_rule_is_one_line(kw):
    with pytest.raises(ValueError) as e: Rule(**{**dict(signal='s', comparison='<', threshold=1), **kw})
    assert '\n' not in str(e.value) and next(iter(kw)) in str(e.value)


def test_rules_are_values():
    r = Rule('s', '<', 10, langs=('a',))
    assert r == Rule('s', '<', 10, langs=('a',)) and hash(r) == hash(Rule('s', '<', 10.0, langs=('a',))) and str(Rule('s', '==', .25)) == 's == 0.25'
    with pytest.raises(AttributeError): r.threshold = 3


def numbers(n, seed, cols='pqr'):
    rng = random.Random(seed)
    t = docs([dict(repo=f'r{i % 5}', path=str(i), text='t' * (i % 7), lang=rng.choice(['a', 'b', 'c', None]), doc_type=rng.choice(['code', 'data', 'text'])) for i in range(n)])
    for c in cols: t = t.append_column(c, pa.array([rng.choice([None, float('nan'), -1., 0., 1., 2., 3., float('inf')]) for _ in range(n)]))
    return t.append_column('flag', pa.array([rng.choice([None, True, False]) for _ in range(n)])).append_column('whole', pa.array([rng.randrange(4) for _ in range(n)]))


def some_rules(seed, n=None):
    rng = random.Random(seed)
    types = [('code',), ('text',), ('code', 'data'), ('code', 'data', 'text')]
    return tuple(Rule(rng.choice(['p', 'q', 'r', 'flag', 'whole']), rng.choice(['<', '>', '==']), rng.choice([0, 1, 1.5, 2]), share=rng.choice([1, 1, .5, .8]), doc_types=rng.choice(types),
                      langs=rng.choice([(), (), ('a',), ('b', 'c')]), but=rng.choice([(), (), ('b',)])) for _ in range(rng.randrange(9) if n is None else n))


def reach(row, r): return row['doc_type'] in r.doc_types and (not r.langs or row['lang'] in r.langs) and row['lang'] not in r.but


def verdicts(row, rules):
    "hit and undecided rules of a row, by plain ifs"
    hit, unknown = [], []
    for r in rules:
        if not reach(row, r): continue
        v = row[r.signal]
        if v is None or v != v: unknown.append(r)
        elif (v < r.threshold if r.comparison == '<' else v > r.threshold if r.comparison == '>' else v == r.threshold): hit.append(r)
    return hit, unknown


@pytest.mark.parametrize('undecided', ['keep', 'drop'])
@pytest.mark.parametrize('seed', range(40))
def test_rows_in_are_rows_out_plus_drops(seed, undecided):
    table, rules = numbers(120, seed), some_rules(seed)
    kept, ledger = filters(table, rules, undecided, seed)
    assert ledger.schema == LEDGER and kept.schema == table.schema
    assert len(table) == len(kept) + n_dropped(ledger)
    dropped = ledger.filter(pc.equal(ledger['action'], 'drop'))['doc_id'].to_pylist()
    assert sorted(kept['doc_id'].to_pylist() + dropped) == sorted(table['doc_id'].to_pylist())
    assert len(set(ledger['doc_id'].to_pylist())) == len(ledger)  # one row a document
    assert kept['doc_id'].to_pylist() == [i for i in table['doc_id'].to_pylist() if i not in set(dropped)]  # order stays


@pytest.mark.parametrize('seed', range(40))
def test_against_plain_ifs(seed):
    rules = tuple(r for r in some_rules(seed, 8) if r.share == 1)
    table = numbers(80, seed)
    _, ledger = filters(table, rules)
    found = {r['path']: r for r in ledger.to_pylist()}
    for row in table.to_pylist():
        hit, unknown = verdicts(row, rules)
        entry = found.pop(row['path'], None)
        if hit:
            first, *rest = hit
            assert (entry['action'], entry['rule'], entry['threshold'], entry['stage']) == ('drop', str(first), first.threshold, 'filters') and entry['value'] == row[first.signal]
            assert [x for part in (entry['note'] or '').split('. ') if part.startswith('also: ') for x in part[6:].split('; ')] == list(map(str, rest))
            assert ('undecided: ' in (entry['note'] or '')) == bool(unknown)
        elif unknown: assert (entry['action'], entry['rule'], entry['value']) == ('undecided', str(unknown[0]), None)
        else: assert entry is None
    assert not found


@pytest.mark.parametrize('seed', range(10))
def test_slices_and_order_do_not_matter(seed):
    table, rules = numbers(90, seed), some_rules(seed, 6)
    key = lambda t: sorted(map(str, t.to_pylist()))
    kept, ledger = filters(table, rules, seed=seed)
    parts = [filters(table.slice(i, 25), rules, seed=seed) for i in range(0, 90, 25)]
    assert key(pa.concat_tables(p[0] for p in parts)) == key(kept) and key(pa.concat_tables(p[1] for p in parts)) == key(ledger)
    back = filters(table.take(list(range(89, -1, -1))), rules, seed=seed)
    assert key(back[0]) == key(kept) and key(back[1]) == key(ledger)


def test_share_is_a_share_and_repeats():
    table = docs([dict(repo='r', path=str(i), text='', doc_type='code') for i in range(4000)]).append_column('p', pa.array([0.] * 4000))
    rule = lambda share, threshold=1: (Rule('p', '<', threshold, share),)
    took = {s: set(filters(table, rule(s), seed=3)[1]['path'].to_pylist()) for s in (.1, .5, .8, 1)}
    for s, who in took.items(): assert abs(len(who) / 4000 - s) < .03
    assert took[.1] < took[.5] < took[.8] < took[1]
    assert took[.5] == set(filters(table, rule(.5), seed=3)[1]['path'].to_pylist()) == set(filters(table, rule(.5, 9), seed=3)[1]['path'].to_pylist())
    other = set(filters(table, rule(.5), seed=4)[1]['path'].to_pylist())
    assert abs(len(other & took[.5]) / 4000 - .25) < .03  # independent of the other seed


@pytest.mark.parametrize('seed', range(10))
def test_hits_count_what_plain_ifs_count(seed):
    table, rules = numbers(100, seed), tuple(dict.fromkeys(some_rules(seed, 6)))
    if len({str(r) for r in rules}) < len(rules): rules = rules[:1]
    want = {}
    for row in table.to_pylist():
        hit, unknown = verdicts(row, rules)
        for r in rules:
            if not reach(row, r): continue
            w = want.setdefault((row['lang'] or 'unknown', str(r)), [0, 0, 0, 0])
            w[0] += 1; w[1] += r in hit; w[2] += hit == [r]; w[3] += r in unknown
    assert {(r['lang'], r['rule']): [r['docs'], r['hits'], r['alone'], r['undecided']] for r in hits(table, rules).to_pylist()} == want
    halves = pa.concat_tables([hits(table.slice(0, 37), rules), hits(table.slice(37), rules)])
    added = halves.group_by(['lang', 'rule']).aggregate([(c, 'sum') for c in ('docs', 'hits', 'alone', 'undecided')])
    assert {(r['lang'], r['rule']): [r[c + '_sum'] for c in ('docs', 'hits', 'alone', 'undecided')] for r in added.to_pylist()} == want


def test_nothing_to_do_and_nothing_there():
    table = numbers(30, 0)
    assert filters(table, ())[0]['doc_id'].equals(table['doc_id']) and len(filters(table, ())[1]) == 0 and len(hits(table, ())) == 0
    none, ledger = filters(table.slice(0, 0), some_rules(1, 5))
    assert (len(none), len(ledger), none.schema) == (0, 0, table.schema) and hits(table.slice(0, 0), some_rules(1, 3)).column_names[0] == 'lang'
    assert judge(table, ())[0].shape == (30, 0)


def test_filters_refuse_in_one_line():
    table = numbers(5, 0)
    for call, word in [(lambda: filters(table, [Rule('pp', '<', 1)]), 'did you mean p'), (lambda: filters(table, [Rule('zzzzz', '<', 1)]), 'run signals first'),
                       (lambda: filters(table, [Rule('path', '<', 1)]), 'needs numbers'), (lambda: filters(table, [('p', '<', 1)]), 'is no Rule'), (lambda: filters(table, ['p < 1']), 'is no Rule'),
                       (lambda: filters(table, (), undecided='skip'), 'keep'), (lambda: filters(docs([dict(repo='r', path='p', text='')]).append_column('p', pa.array([1.])), [Rule('p', '<', 1)]), 'doc_type')]:
        with pytest.raises(ValueError, match=word) as e: call()
        assert '\n' not in str(e.value)


def test_three_general_rules_on_signals():
    "Each limit from both sides: the value at the limit stays."
    rules = (Rule('qsc_code_num_lines', '<', 10), Rule('qsc_code_num_lines', '>', 20), Rule('qsc_code_num_chars_line_mean', '<', 5), Rule('qsc_code_num_chars_line_mean', '>', 100),
             Rule('qsc_code_frac_chars_alphabet', '<', .5))
    cases = {'abcd\n' * 10: None, 'abcd\n' * 9: 0, 'abcd\n' * 20: None, 'abcd\n' * 21: 1, 'abc\n' * 10: 2, ('x' * 99 + '\n') * 10: None, ('x' * 100 + '\n') * 10: 3, 'ab12\n' * 10: None, 'a123\n' * 10: 4}
    table, _ = signals(docs([dict(repo='r', path=str(i), text=t, doc_type='code') for i, t in enumerate(cases)]))
    _, ledger = filters(table, rules)
    assert {r['path']: r['rule'] for r in ledger.to_pylist()} == {str(i): str(rules[j]) for i, j in enumerate(cases.values()) if j is not None}
    assert set(COMPARISONS) == {'<', '>', '=='}


# ---- split

names_st = st.lists(st.text(min_size=1, max_size=6), unique=True, max_size=30)


@given(names_st, st.floats(.01, .99), st.integers(0, 5), st.data())
@settings(max_examples=200, deadline=None)
def test_choose_gives_two_sides_and_is_deterministic(repos, share, seed, data):
    sizes = data.draw(st.lists(st.integers(0, 10**9), min_size=len(repos), max_size=len(repos)))
    held = choose(repos, share, seed, sizes)
    assert held <= set(repos) and (1 <= len(held) < len(repos) if len(repos) > 1 else not held)
    mixed = list(zip(repos, sizes)); random.Random(0).shuffle(mixed)
    assert choose([r for r, _ in mixed], share, seed, [s for _, s in mixed]) == held
    parts = [(r, p) for r, s in mixed for p in (s // 3, s - s // 3)]
    assert choose([r for r, _ in parts], share, seed, [p for _, p in parts]) == held


@pytest.mark.parametrize('share', [.02, .1, .3])
def test_the_share_is_near_with_twenty_skewed_repositories(share):
    off = []
    for seed in range(150):
        rng = random.Random(seed)
        sizes = {f'r{i}': int(rng.lognormvariate(12, 1.5)) for i in range(20)}
        held, target = choose(sizes, share, seed, sizes.values()), share * sum(sizes.values())
        miss = abs(sum(sizes[r] for r in held) - target)
        assert miss <= max(.25 * target, min(sizes.values()) / 2, min(s for r, s in sizes.items() if r not in held) / 2, min(sizes.values()) - target)
        off.append(miss / target)
    assert np.median(off) < .15


def test_fill_never_beats_the_target_by_more_than_it_was_short():
    rng = random.Random(1)
    for _ in range(500):
        queue = sorted((rng.random(), f'r{i}', rng.randint(1, 100)) for i in range(rng.randint(2, 12)))
        target = rng.uniform(.01, .9) * sum(s for *_, s in queue)
        held = fill(queue, target)
        total, smallest = sum(s for _, n, s in queue if n in held), min(s for *_, s in queue)
        assert 1 <= len(held) < len(queue) and (total <= 2 * target or total == smallest)


def corpus(repos, each=4): return docs([dict(repo=r, path=f'{i}.py', text='x' * (i + 1)) for r in repos for i in range(each)])


@given(st.lists(st.text(min_size=1, max_size=5), unique=True, min_size=1, max_size=20), st.floats(.05, .95), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_split_by_hash_does_not_see_other_repositories(repos, share, seed):
    table = corpus(repos, 2)
    whole, ledger = split(table, share, seed)
    assert len(whole) == len(table) and len(ledger) == 0 and set(whole['split'].to_pylist()) <= {'train', 'heldout'}
    side = dict(zip(whole['repo'].to_pylist(), whole['split'].to_pylist()))
    assert all(side[r['repo']] == r['split'] for r in whole.to_pylist())  # never both
    for r in repos[:3]: assert set(split(corpus([r]), share, seed)[0]['split'].to_pylist()) == {side[r]}
    assert pa.concat_tables(split(table.slice(i, 3), share, seed)[0] for i in range(0, len(table), 3)).to_pylist() == whole.to_pylist()


def test_split_with_a_given_set_and_twice():
    table = corpus([f'r{i}' for i in range(10)])
    held = choose(table['repo'].to_pylist(), .2, 0, table['n_bytes'].to_pylist())
    a = split(table, heldout=held)[0]
    assert {r['repo'] for r in a.to_pylist() if r['split'] == 'heldout'} == held and split(a, heldout=held)[0].equals(a)
    assert split(table, heldout=frozenset())[0]['split'].to_pylist() == ['train'] * 40
    assert split(table.slice(0, 0), .1)[0].column_names == a.column_names


def test_places_are_uniform_and_seeds_independent():
    names = [f'owner{i}/repo' for i in range(20_000)]
    a, b = place(names, 0), place(names, 1)
    assert abs(np.corrcoef(a, b)[0, 1]) < .03 and abs(np.histogram(a, 10, (0, 1))[0] / 2000 - 1).max() < .1


@pytest.mark.parametrize('share', [0, 1, -1, 2, float('nan'), '0.1', None])
def test_shares_that_make_no_sense(share):
    for call in (lambda: split(corpus(['a', 'b']), share), lambda: choose(['a', 'b'], share, 0)):
        with pytest.raises(ValueError, match=r'\(0, 1\)'): call()
