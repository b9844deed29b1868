"The papers' values: sums and closed forms, sources named, nothing mutable, nothing that a stage would refuse."
import ast
import hashlib
import re
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from math import sqrt
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pytest

from opencookbook.core.doc import docs
from opencookbook.data import exact
from opencookbook.data.filters import Rule, check_rules, filters, where
from opencookbook.data.preprocess import languages, preprocess
from opencookbook.data.signals import signals
from opencookbook.model.config import SHAPES, n_params
from opencookbook.recipes import opencoder, seedcoder
from opencookbook.recipes.opencoder import B, T, not_stated
from opencookbook.recipes.rules import PROFILES, rules_of
from opencookbook.tokens.bpe import PreSplit, Specials, check_specials, presplitter
from opencookbook.tokens.fim import ORDER

PAPERS = [opencoder, seedcoder]
CITED = re.compile(r'§\d|\bp\. \d|\bTables? \d|\bFig\. \d|\bApp\. [A-Z]|\brelease\b')
OURS = {'__all__', 'PAPER', 'B', 'T', '_BASE', '_CHAT', '_MORE'}  # units and names of suites
KNOWN = {*languages()['language'].to_pylist()}
OPEN = dict(Dedup={'shingle', 'verify'}, Web={'threshold', 'negatives', 'vocab_size'}, Vocab={'corpus'},
            Optimizer={'betas', 'weight_decay', 'clip', 'doc_mask'}, Decontaminate={'unit'})


def values(mod) -> dict:
    "The values that a module itself states, by name."
    tree = ast.parse(Path(mod.__file__).read_text())
    names = [t.id for n in tree.body if isinstance(n, (ast.Assign, ast.AnnAssign)) for t in ast.walk(n) if isinstance(t, ast.Name) and isinstance(t.ctx, ast.Store)]
    return {n: getattr(mod, n) for n in names if hasattr(mod, n)}


def walk(x, at=''):
    "Every value inside a value, with its place."
    yield at, x
    inner = ([(f.name, getattr(x, f.name)) for f in fields(x)] if is_dataclass(x) else list(x.items()) if isinstance(x, (dict, MappingProxyType))
             else list(enumerate(x)) if isinstance(x, (tuple, list, set)) else [])
    for k, v in inner: yield from walk(v, f'{at}.{k}')


def uncited(source: str) -> list[str]:
    "Lines of a module that state a number or a fact without a source: on the line, or on the first line of the whole."
    lines, bad = source.splitlines(), []
    for n in ast.parse(source).body:
        inside = [f for f in n.body if isinstance(f, ast.AnnAssign) and f.value] if isinstance(n, ast.ClassDef) else [n] if isinstance(n, (ast.Assign, ast.AnnAssign)) else []
        for a in inside:
            target = a.targets[0] if isinstance(a, ast.Assign) else a.target
            if isinstance(target, ast.Tuple) or target.id in OURS: continue
            span = range(a.lineno, a.end_lineno + 1)
            if CITED.search(lines[a.lineno - 1]): continue
            said = {c.lineno for c in ast.walk(a.value) if isinstance(c, ast.Constant) and c.value is not None and not isinstance(c.value, str)}
            bad += [lines[i - 1] for i in span if i in said and not CITED.search(lines[i - 1])]
    return bad


@pytest.mark.parametrize('mod', PAPERS, ids=lambda m: m.__name__.rpartition('.')[2])
class TestBoth:
    def test_every_value_names_its_source(self, mod):
        assert uncited(Path(mod.__file__).read_text()) == []

    def test_nothing_can_be_changed(self, mod):
        for name, v in values(mod).items():
            if name == '__all__': continue
            for at, x in walk(v, name):
                assert isinstance(x, (str, int, float, tuple, MappingProxyType, type(None))) or is_dataclass(x), f'{at} is a {type(x).__name__}'
                if is_dataclass(x) and fields(x):
                    with pytest.raises(FrozenInstanceError): setattr(x, fields(x)[0].name, 1)

    def test_names_of_languages(self, mod):
        said = {*getattr(mod, 'LANGUAGES', ()), *getattr(mod, 'LABELS', ()), *getattr(mod, 'SAMPLED', ()), *getattr(mod, 'CONCATENATED', ()),
                *(v.lang for v in getattr(mod, 'VOLUMES', ()))}
        assert said - KNOWN <= {'maple', 'visual basic'}

    def test_stages_take_the_values(self, mod):
        assert isinstance(mod.VOCAB.split, PreSplit) and mod.VOCAB.size > 256
        check_specials(Specials(), mod.VOCAB.split)
        text = 'for i in range(1234):\r\n\tprint("é🧑‍🍳", i)  # don\'t\n'
        assert sum(len(w) for w, _ in presplitter(mod.VOCAB.split).pre_tokenize_str(text)) == len(text.encode())
        assert mod.DEDUP.hash in hashlib.algorithms_available
        assert {*(mod.DEDUP.keep or ())} <= {c for c, descending in exact.ORDER if descending}
        assert all(isinstance(r, Rule) for r in mod.RULES)

    def test_stages_in_order(self, mod):
        assert len({*mod.STAGES}) == len(mod.STAGES) and mod.STAGES.index('exact') < mod.STAGES.index('fuzzy')

    def test_scores(self, mod):
        for s in (*mod.SCORES, *getattr(mod, 'OPENCODER', ())):
            assert len(s.suites) == len({*s.suites}) == len(s.values) and all(0 < v < 100 for v in s.values)
            for suite in ('humaneval', 'mbpp'):
                if suite in s.by_suite: assert s.by_suite[suite + '+'] <= s.by_suite[suite]

    def test_phases(self, mod):
        for run in getattr(mod, 'RUNS', None) or [mod.RUN]:
            assert run.shape in SHAPES and SHAPES[run.shape].vocab_size == mod.VOCAB.size
            rates = [r for p in run.phases for r in p.lr]
            assert rates == sorted(rates, reverse=True) and all(p.tokens > 0 and 0 <= p.fim <= 1 for p in run.phases)
            assert all(p.bs is None or p.tokens / (p.bs * p.seq_len) > 1000 for p in run.phases)


def test_a_value_without_a_source_is_found():
    assert uncited('A = 1  # §2.1\nC = Web(\n    x=2,\n    y=3,  # p. 4\n)\n') == ['    x=2,']
    assert uncited('@dataclass\nclass R:\n    a: int = 1\n    b: int = 2  # p. 9\n    c: int | None = None\n') == ['    a: int = 1']


# --- OpenCoder
def test_mixtures():
    assert sum(p.tokens for p in opencoder.SOURCES) == 960 * B
    assert sum(p.tokens for p in opencoder.ANNEALING) == 100 * B
    assert abs(sum(p.share for p in opencoder.SOURCES) - .997) < 1e-9  # the first should be .786
    for p in opencoder.SOURCES[1:]: assert abs(p.tokens / (960 * B) - p.share) <= .0005
    for p in opencoder.ANNEALING: assert abs(p.tokens / (100 * B) - p.share) <= .001
    assert 84_210_000_000 + sum(p.tokens for p in opencoder.ANNEALING[1:]) != 100 * B  # version 1


def test_lsh_by_trial():
    "The 50 % point of 16 bands of 128 rows, by simulation: a row agrees with probability s."
    rng, s = np.random.default_rng(0), .9756
    d = opencoder.DEDUP
    found = (rng.random((4000, d.bands, d.rows)) < s).all(2).any(1).mean()
    assert abs(found - .5) < .03 and d.bands * d.rows == 2048


def test_levels():
    for v in opencoder.LEVELS:
        assert v.kept < v.rows
        if 'chunk' in v.name: assert round(v.tokens / v.kept / 4096, 2) == 1
    file, repo = opencoder.LEVELS[:2]
    assert round(file.kept / file.rows, 3) == .063 and round(repo.kept / repo.rows, 3) == .678


def test_steps_and_hours():
    small, large = opencoder.RUNS
    assert small.phases[0].seq_len * small.phases[0].bs == 4_194_304 == 2**22
    assert round(484_865 * 2**22 / T, 3) == 2.034 and round(373_000 * 2**22 / T, 3) == 1.564
    c = opencoder.CHECKPOINTS
    assert c.keys() == {r.shape for r in opencoder.RUNS}
    for run in opencoder.RUNS:
        k, per = c[run.shape], run.phases[0].seq_len * run.phases[0].bs
        assert k.branch <= k.last and k.released <= k.annealed
        assert abs(k.annealed * per - run.phases[1].tokens) < per  # the last step is begun or not
        assert abs(k.last * per / run.phases[0].tokens - 1) < .02
        assert abs(run.gpus[0] * run.hours - run.gpu_hours) <= .05 * run.gpus[0]
    assert large.start[0] < c[large.shape].last
    assert [round(sum(p.tokens for p in r.phases) / r.gpu_hours / 3600) for r in opencoder.RUNS] == [20808, 7523]


def test_rules_as_the_released_profile():
    "Random documents against the released conditions, written out as plain Python."
    rng = np.random.default_rng(1)
    def draw():
        letters, longest = rng.choice(['ab1= ', 'abcd1= ', 'é1 ']), rng.choice([4, 30, 190, 230])
        return '\n'.join(''.join(rng.choice(list(letters), rng.integers(0, longest))) for _ in range(rng.integers(0, 25))) + '\n' * int(rng.integers(0, 2))

    kinds = ['code', 'data', 'text']
    rows = [dict(repo='r', path=str(i), text=draw(), lang='c', doc_type=kinds[i % 3]) for i in range(600)]
    rows += [dict(repo='r', path='long', text='abcdef\n' * 100_001, lang='c', doc_type='code'), dict(repo='r', path='full', text='abcdef\n' * 100_000, lang='c', doc_type='code')]

    def bad(text, kind):
        lines = text.splitlines(keepends=True)
        seen = [ch for ch in text if not ch.isspace()]
        mean, alpha = (len(text) / len(lines) if lines else 0), (sum(map(str.isalpha, seen)) / len(seen) if seen else 0)
        if kind == 'text': return len(lines) < 10 or alpha < .5
        return not 10 <= len(lines) <= 100_000 or not 5 <= mean <= 100 or alpha < .5

    table, _ = signals(docs(rows), mode='released')
    check_rules(table, opencoder.RULES)
    seven = [r for r in opencoder.RULES if r.signal.endswith(('num_lines', 'num_chars_line_mean', 'frac_chars_alphabet'))]
    assert len(seven) == 7
    kept, ledger = filters(table, seven)
    assert kept['path'].to_pylist() == [r['path'] for r in rows if not bad(r['text'], r['doc_type'])]
    assert 100 < len(kept) < 500 and {r for r in ledger['rule'].to_pylist()} == {str(r) for r in seven}
    assert len(kept) + len(ledger) == len(rows) and 'full' in kept['path'].to_pylist()


@pytest.mark.parametrize('rule', opencoder.RULES, ids=str)
def test_each_rule_fires_beyond_its_limit_only(rule):
    beyond = np.nextafter(rule.threshold, -np.inf if rule.comparison == '<' else np.inf)
    table = docs(dict(repo='r', path=p, text='x', lang=(*rule.langs, 'fortran')[0], doc_type=rule.doc_types[0]) for p in 'abc')
    table = table.append_column('natural_lang', pa.array([(*rule.langs, 'en')[0]] * 3, pa.string())).append_column(rule.signal, pa.array([rule.threshold, beyond, None]))
    kept, ledger = filters(table, [replace(rule, share=1)])
    hit = [rule.comparison == '==', rule.comparison != '==']
    assert kept['path'].to_pylist() == [p for p, h in zip('abc', [*hit, False]) if not h] and [r['action'] for r in ledger.to_pylist()] == ['drop', 'undecided']


PROFILE_OF = {('python', 'code'): 'python', ('rust', 'code'): 'others', (None, 'code'): 'others', ('json', 'data'): 'data', ('sql', 'data'): 'sql', ('html', 'data'): 'html', ('shell', 'code'): 'shell',
              ('go', 'code'): 'go', ('c', 'code'): 'c', ('cpp', 'code'): 'cpp', ('csharp', 'code'): 'csharp', ('java', 'code'): 'java', ('javascript', 'code'): 'javascript', (None, 'text'): 'text'}

@pytest.mark.parametrize('lang, kind', PROFILE_OF, ids=str)
@pytest.mark.parametrize('tongue', [None, 'en', 'fr', 'zh'])
def test_the_reach_of_the_rules_is_the_profile(lang, kind, tongue):
    "As the released dispatch: language, else kind of file; Chinese prose for itself."
    row = docs([dict(repo='r', path='a', text='', lang=lang, doc_type=kind)]).append_column('natural_lang', pa.array([tongue], pa.string()))
    name = PROFILE_OF[lang, kind] + '_zh' * (kind == 'text' and tongue == 'zh')
    assert sorted((str(r), r.share) for r in opencoder.RULES if where(row, r)[0]) == sorted((str(r), r.share) for r in PROFILES[name])
    assert len({*opencoder.RULES}) == len(opencoder.RULES)


DEVIATIONS = [  # where a profile differs from that of other code: limits of the release, None where it has none
    ('data', 'num_chars', '>', 5000), ('data', 'frac_words_unique', '<', .4), ('sql', 'frac_chars_digital', '>', .3), ('others', 'frac_chars_digital', '>', .2),
    *(('html', f'frac_chars_dupe_{n}grams', '>', .6) for n in range(5, 11)), ('others', 'frac_chars_dupe_5grams', '>', .8), ('others', 'frac_chars_dupe_6grams', '>', .7),
    *((p, 'frac_lines_assert', '>', None) for p in ('data', 'shell', 'go', 'html')), ('python', 'frac_lines_assert', '>', .4),
    *((p, name, '>', None) for p in ('data', 'shell', 'html') for name in ('frac_lines_long_string', 'frac_chars_string_length')), ('sql', 'frac_lines_long_string', '>', .2),
    ('html', 'frac_chars_comments', '>', None), ('html', 'frac_chars_long_word_length', '>', None), ('data', 'frac_chars_long_word_length', '>', .4),
    *((p, 'frac_lines_prompt_comments', '>', None) for p in ('data', 'html')), ('shell', 'frac_lines_prompt_comments', '>', .01)]

@pytest.mark.parametrize('profile, name, comparison, limit', DEVIATIONS)
def test_where_a_profile_differs(profile, name, comparison, limit):
    assert [r.threshold for r in PROFILES[profile] if (r.signal, r.comparison) == (f'qsc_code_{name}', comparison)] == [limit] * (limit is not None)


def test_a_profile_more_changes_its_language_only():
    mine = rules_of({**PROFILES, 'rust': PROFILES['data']})
    for lang, kind in [*PROFILE_OF, ('rust', 'data')]:
        row = docs([dict(repo='r', path='a', text='', lang=lang, doc_type=kind)]).append_column('natural_lang', pa.array(['en']))
        told = lambda rules: sorted(str(r) for r in rules if where(row, r)[0])
        assert told(mine) == (sorted(map(str, PROFILES['data'])) if lang == 'rust' else told(opencoder.RULES))


def test_types_and_size():
    assert sum(opencoder.FILES.types.values()) == 607 and {*opencoder.FILES.types} == {'code', 'data', 'text'}
    n = opencoder.FILES.max_bytes
    kept, _ = preprocess(docs(dict(repo='r', path=f'{i}.py', text='#' * (n + i)) for i in (0, 1)), max_bytes=n)
    assert kept['path'].to_pylist() == ['0.py'] and n == 8 * 10**6


def test_open_fields_of_opencoder():
    o = opencoder
    records = (o.FILES, o.DEDUP, o.WEB, o.VOCAB, o.OPTIMIZER, *o.RUNS, *(p for r in o.RUNS for p in r.phases), *o.FINETUNE, o.DECONTAMINATE)
    assert {tuple(x.split('.')) for x in not_stated(*records)} == {(r, f) for r, fs in OPEN.items() for f in fs}
    assert not_stated(replace(o.DEDUP, shingle='words')) == ['Dedup.verify'] and not_stated() == []


# --- Seed-Coder
def test_phases_and_ladder():
    assert [p.tokens for p in seedcoder.PHASES] == [T, 4 * T, 400 * B, 600 * B] and sum(p.tokens for p in seedcoder.PHASES) == 6 * T
    rates = [p.lr[0] for p in seedcoder.PHASES]
    assert np.allclose(rates, [3e-4, 3e-4, 3e-4 * 10**-.5, 3e-5], rtol=1e-12)
    assert [p.fim for p in seedcoder.PHASES] == [.5, .5, .1, .1] and seedcoder.FIM_MODE in ORDER


def test_labels_and_ratings():
    assert len(seedcoder.LABELS) == 21 and sum(seedcoder.LABELS.values()) == 222_066
    assert len(seedcoder.LANGUAGES) == len({*seedcoder.LANGUAGES}) == 89 and {*seedcoder.LABELS} < {*seedcoder.LANGUAGES}
    share = 100 * np.array(seedcoder.RATINGS) / sum(seedcoder.RATINGS)
    assert np.round(share, 1).tolist() == [6.2, .5, 1.4, 2.6, 9., 1.8, 11.7, 21.8, 26.2, 18.4, .4]
    assert round(float(share @ range(11)) / 100, 2) == 6.58  # the oracle's mean


def test_init_and_depth():
    assert abs(seedcoder.INIT_STD - sqrt(2 / (5 * 4096))) < 1e-9
    size = lambda layers: 2 * seedcoder.VOCAB.size * 4096 + layers * (2 * 4096**2 + 2 * 4096 * 1024 + 3 * 4096 * 14336 + 2 * 4096) + 4096
    assert size(32) == n_params(SHAPES['seedcoder-8b'])
    assert size(seedcoder.LAYERS['release']) == 8_250_462_208 and round(size(seedcoder.LAYERS['paper']) / B, 3) == 9.123


def test_reinforce():
    r = seedcoder.REINFORCE
    assert sum(s for s, *_ in r.stages) == 250 and [s * r.bs * n for s, _, n in r.stages] == [184_320, 655_360]


def test_greedy_scores_are_whole_numbers_of_problems():
    every = [s for m in PAPERS for s in m.SCORES] + [*seedcoder.OPENCODER]
    odd = {s.model for s in every for k in ('humaneval', 'humaneval+') if k in s.by_suite
           and s.by_suite[k] not in {round(100 * n / 164, 1) for n in range(165)}}
    assert odd == {'OpenCoder-1.5B-Instruct'}


def test_both_papers_on_opencoder():
    theirs = {s.model: s.by_suite for s in opencoder.SCORES}
    shared = [(k, v, theirs[s.model][k]) for s in seedcoder.OPENCODER for k, v in s.by_suite.items() if k in theirs[s.model]]
    assert len(shared) == 8 and all(a == b for _, a, b in shared)
