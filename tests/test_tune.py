"""The command `tune`: which documents it draws, what its page and its answer say, and what it leaves behind when it is ended.

usage: pytest tests/test_tune.py
"""
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from program import BIN, ENV, ROOT, SAMPLES, table, tree, wait_for
from transformers import GPT2Config, GPT2LMHeadModel

from opencookbook.core.doc import doc_id, docs, draw
from opencookbook.core.engine import one_line
from opencookbook.data import tuning
from opencookbook.data.filters import Rule, hits
from opencookbook.data.signals import signals
from opencookbook.model.config import SHAPES, load_model, new_model, save_model
from opencookbook.model.loss import perplexities
from opencookbook.recipes.data_commands import typed
from opencookbook.recipes.rules import RULES
from opencookbook.recipes.tune import WINDOW, drawn, look, sampled, scorer, told
from opencookbook.tokens.bpe import Specials, encode_texts, load_bpe, save_bpe, train_bpe

torch.set_num_threads(1)
CONTEXT = 64


@pytest.fixture(scope='session')
def corpus(program, tmp_path_factory) -> Path:
    "The samples, typed."
    top = tmp_path_factory.mktemp('tune')
    program.ok('harvest', SAMPLES, top/'raw', '--by-folder', '--workers', 1)
    program.ok('preprocess', top/'raw', top/'corpus', '--workers', 1)
    return top/'corpus'


@pytest.fixture(scope='session')
def model(corpus, tmp_path_factory) -> Path:
    "A model that knows nothing, and its tokenizer, as `train` leaves them."
    out = tmp_path_factory.mktemp('model')/'run'
    tok = train_bpe(table(corpus)['text'].to_pylist(), 300)
    shape = replace(SHAPES['tiny'], vocab_size=300, hidden=32, layers=1, heads=2, kv_heads=2, ffn=32, context=CONTEXT)
    net = new_model(shape, seed=3)
    with torch.no_grad(): net.model.embed_tokens.weight.mul_(20)  # so that files differ
    save_model(net, out/'model'); save_bpe(tok, Specials(), out/'model', CONTEXT)
    return out


@pytest.fixture(scope='session')
def made(program, corpus, model, tmp_path_factory) -> dict[str, tuple[dict, str]]:
    "What the command answers and writes, with a model and without."
    top = tmp_path_factory.mktemp('made')
    said = {name: program.ok('tune', corpus, top/f'{name}.html', *more) for name, more in (('with', ['--model', model]), ('without', []))}
    return {name: (r, (top/f'{name}.html').read_text()) for name, r in said.items()}


def page_rules(page: str) -> dict[str, tuple[int, int, int]]:
    "What the first table of a page says: alone, hit and documents of each rule."
    rows = re.findall(r'<tr><td><a href="#r\d+">(.*?)</a><td>.*?<td class=n>([\d,]+)<td class=n>([\d,]+)<td class=n>([\d,]+)', page)
    return {name.replace('&lt;', '<').replace('&gt;', '>'): tuple(int(x.replace(',', '')) for x in numbers) for name, *numbers in rows}


def without_texts(page: str) -> str: return re.sub('(?s)<pre>.*?</pre>', '', page)


# ---- what is drawn

def shuffled(path: Path, rows: list[dict], seed: int, ids: bool) -> Path:
    "The same documents in other shards, in another order, with or without ids."
    rng, rows = random.Random(seed), rows[:]
    rng.shuffle(rows)
    while rows:
        n, folder = rng.randint(1, 80), path/rng.choice('abz')
        folder.mkdir(parents=True, exist_ok=True)
        t = docs(rows[:n])
        pq.write_table(t if ids else t.select(['text', 'path', 'repo']), folder/f'{rng.random()}.parquet', row_group_size=rng.choice([1, 7, 100]))
        rows = rows[n:]
    return path


@pytest.mark.parametrize('seed', range(4))
def test_the_draw_is_the_lowest_of_all(tmp_path, seed):
    rows = [dict(repo=f'r{i % 7}', path=f'{i}.py', text=f'x = {i}\n') for i in range(300)]
    src = shuffled(tmp_path/'c', rows, seed, ids=seed % 2)
    every = [doc_id(r['repo'], r['path']) for r in rows]
    thrown = {i: draw(np.array([i], np.uint64), seed, 'tune')[0] for i in every}
    for most in (1, 17, 299, 300, 10**9):
        ids, n = drawn(src, most, seed)
        assert (ids.to_pylist(), n) == (sorted(sorted(every, key=thrown.get)[:most]), 300)
    if seed: assert drawn(src, 50, seed)[0] != drawn(src, 50, 0)[0]


def test_the_draw_is_uniform(tmp_path):
    "Chi-squared over ten shards: each gives its share."
    for k in range(10): pq.write_table(docs([dict(repo=f'r{k}', path=f'{i}', text='') for i in range(1000)]), tmp_path/f'{k}.parquet')
    ids = {*drawn(tmp_path, 2000, 5)[0].to_pylist()}
    counts = [sum(doc_id(f'r{k}', f'{i}') in ids for i in range(1000)) for k in range(10)]
    assert sum(counts) == 2000 and sum((c - 200) ** 2 / 200 for c in counts) < 30, counts


def test_only_what_is_drawn_is_measured(corpus, monkeypatch):
    from opencookbook.recipes import tune
    seen = []
    monkeypatch.setattr(tune, 'signals', lambda docs, mode: seen.append((docs['doc_id'].to_pylist(), mode)) or signals(docs, mode))
    ids, n = drawn(corpus, 30, 1)
    got = sampled(corpus, ids, RULES['opencoder'], 'released')
    assert sorted(i for part, _ in seen for i in part) == ids.to_pylist() == got['doc_id'].to_pylist() and {m for _, m in seen} == {'released'} and n > 100


def test_signals_wherever_they_come_from(program, corpus, tmp_path):
    "Measured now, by the command, or by a recipe's step: the same table."
    ids, _ = drawn(corpus, 10**6, 0)
    program.ok('signals', corpus, tmp_path/'json', '--workers', 1)
    pq.write_table(signals(typed(table(corpus)))[0], tmp_path/'columns.parquet')
    for rules in RULES.values():
        want = sampled(corpus, ids, rules)
        for src in ('json', 'columns.parquet'): assert sampled(tmp_path/src, ids, rules).equals(want)


# ---- what is said

def test_counts_are_those_of_all_documents(corpus, made):
    every, _ = signals(typed(table(corpus)))
    shares = tuning.shares_alone(hits(every, RULES['opencoder'])).to_pylist()
    want = {}
    for r in shares: want[r['rule']] = tuple(a + r[c] for a, c in zip(want.get(r['rule'], (0, 0, 0)), ('alone', 'hits', 'docs')))
    for said, page in made.values():
        assert said['red'] == [{k: v for k, v in r.items() if k != 'red'} for r in shares if r['red']] and said['red']
        assert all(r['alone'] > .1 * r['docs'] for r in said['red'])
        assert page_rules(page) == want and said['rules'] == len(want)
        assert (said['docs'], said['of'], said['files']) == (len(every), len(every), page.count('<details'))
    assert made['without'][0]['model'] is None and made['with'][0]['model'].endswith('/run')


def test_an_answer_for_a_person(program, corpus, made, tmp_path):
    said, (numbers, page) = program('tune', corpus, tmp_path/'p.html'), made['without']
    lines, n = said.out.splitlines(), numbers['of']
    assert (said.status, said.err) == (0, '') and lines[-1] == f'page: {tmp_path/"p.html"}' and len(lines) <= 14
    assert lines[0] == f'tune: {n} of {n} documents, {numbers["rules"]} rules; no model was given: files stand in the order of their values'
    assert lines[1] == f'{len(numbers["red"])} times a rule takes more than 10% of a language by itself:'
    first = numbers['red'][0]
    assert lines[2].split() == f'{first["share"]:.1%} of {first["lang"]} ({first["alone"]} of {first["docs"]}): {first["rule"]}'.split()
    assert (tmp_path/'p.html').read_text() == page
    assert program('tune', corpus, tmp_path/'q.html', '--quiet', '--most', 5) == (0, '', '')


def test_nothing_red_is_said(tmp_path):
    numbers, lines = told(look(sampled_of(tmp_path, 'x = compute(1, 2)\n' * 40), RULES['redpajama'])[0])
    assert (numbers, lines) == (dict(rules=0, red=[]), ['no rule takes more than 10% of a language by itself'])


def sampled_of(tmp: Path, text: str) -> pa.Table:
    pq.write_table(docs([dict(repo='r', path='a.py', text=text)]), tmp/'one.parquet')
    return sampled(tmp/'one.parquet', drawn(tmp/'one.parquet', 9, 0)[0], RULES['redpajama'])


def test_the_page_loads_nothing_and_says_what_it_is(made, model):
    a, b = (without_texts(page) for _, page in made.values())
    for page in (a, b):
        assert "default-src 'none'" in page and not re.search(r'<script|<link|<img|<iframe|src=|url\(|@import|https?:', page)
        assert page.startswith('<!doctype html>') and page.endswith('</html>') and page.count('<p class=sub>') == 1
    assert f'files are sorted by the perplexity of {model}, the lowest first.</p>' in a and 'no model was given' not in a
    assert 'no model was given: files stand in the order of their values.</p>' in b and 'sorted by perplexity' not in b
    assert 'perplexity -<' in b and 'between</p>' not in b and re.search(r'perplexity [\d,.]+<', a)


def test_without_a_model_files_stand_by_value(corpus):
    ids, _ = drawn(corpus, 10**6, 0)
    rules = Rule('qsc_code_num_lines', '<', 40), Rule('qsc_code_num_chars', '>', 2000)
    _, found = look(sampled(corpus, ids, rules), rules, 20)
    groups = {}
    for r in found.to_pylist(): groups.setdefault((r['rule'], r['side']), []).append(r['value'])
    assert len(groups) > 2 and all(v == sorted(v) for v in groups.values()) and max(len({*v}) for v in groups.values()) > 10


def test_n_is_of_either_end(corpus):
    ids, _ = drawn(corpus, 10**6, 0)
    rules = Rule('qsc_code_num_lines', '<', 40),
    docs = sampled(corpus, ids, rules)
    for n in (1, 3):
        found = [r for r in look(docs, rules, n, lambda texts: np.arange(len(texts)) + 1.)[1].to_pylist() if r['side'] == 'alone']
        assert [r['rank'] for r in found] == [*range(1, n + 1), *range(found[0]['among'] - n + 1, found[0]['among'] + 1)]
        assert [r['perplexity'] for r in found] == sorted(r['perplexity'] for r in found)


# ---- perplexity

def plain(net, ids: list[int], length: int, most: int) -> float:
    "From all logits, token by token, in doubles."
    logp = []
    for a in range(0, min(len(ids) - 1, length * most), length):
        w = ids[a:a + length + 1]
        with torch.no_grad(): p = net(torch.tensor([w[:-1]])).logits[0].double().softmax(1)
        logp += [math.log(p[i, t]) for i, t in enumerate(w[1:])]
    return math.exp(-sum(logp) / len(logp)) if logp else math.nan


@pytest.mark.parametrize('length,batch,most', [(64, 8, 2), (7, 3, 1), (16, 1, 3), (64, 100, 99)])
def test_perplexity_against_all_logits(model, length, batch, most):
    net, rng = load_model(model/'model'), random.Random(length)
    every = [[0, *rng.choices(range(300), k=rng.choice([0, 1, 2, 6, 7, 8, 63, 64, 65, 200]))] for _ in range(40)] + [[]]
    got = perplexities(net, every, length, batch, most)
    assert got.dtype == np.float64 and got.shape == (41,)
    np.testing.assert_allclose(got, [plain(net, ids, length, most) for ids in every], rtol=1e-4)
    assert np.isnan(got).tolist() == [len(ids) < 2 for ids in every] and not {0, 1}.isdisjoint(map(len, every))


def test_a_model_that_guesses_has_the_size_of_its_vocabulary():
    net = new_model(replace(SHAPES['tiny'], vocab_size=50, hidden=8, layers=1, heads=1, kv_heads=1, ffn=8, context=32))
    with torch.no_grad(): net.lm_head.weight.zero_()
    np.testing.assert_allclose(perplexities(net, [[0, 1, 2], [3, 4]], 32), [50, 50], rtol=1e-6)


def test_perplexity_refuses(model):
    net = load_model(model/'model')
    with pytest.raises(ValueError, match="length=65 is more than the model's context of 64"): perplexities(net, [[0, 1]], 65)
    with pytest.raises(ValueError, match='token id 300 is outside vocab_size=300'): perplexities(net, [[0, 300]], 64)
    assert perplexities(net, [], 64).shape == (0,)


def test_texts_are_scored_as_texts(model):
    "A mark in a text is no mark, broken bytes are read, and what lies behind two windows costs nothing."
    score, tok = scorer(model), scorer.__globals__['_tokenizer'](model/'model')
    mark, spelled, bad, none = score(pa.array([b'a <|eos|> b', b'a < |eos|> b', b'a \xff b', b''], pa.large_binary()))
    assert all(map(math.isfinite, (mark, spelled, bad))) and math.isnan(none)
    assert 2 not in tok(['a <|eos|> b'], split_special_tokens=True).input_ids[0]
    long = 'value = compute(value)\n' * 500
    assert score(pa.array([long]))[0] == score(pa.array([long + 'zzz' * 10**6]))[0] and CONTEXT < WINDOW


def test_scores_against_the_tokenizer_of_the_house(model, corpus):
    "Texts to ids by `load_bpe`, ids to perplexity from all logits."
    texts = [t for t in table(corpus)['text'].to_pylist() if t][:40] + ['if <|eos|>:\n    <|fim_middle|>', 'λ = "é" * 3']
    (tok, _), net = load_bpe(model/'model'), load_model(model/'model')
    want = [plain(net, [0, *ids], CONTEXT, 2) for ids in encode_texts(tok, texts)]
    np.testing.assert_allclose(scorer(model)(pa.array(texts)), want, rtol=1e-4)


def test_scores_of_many_do_not_depend_on_their_neighbours(model, corpus):
    texts, score = table(corpus)['text'].combine_chunks(), scorer(model/'model')
    texts = pa.concat_arrays([texts.chunk(0) if isinstance(texts, pa.ChunkedArray) else texts] * 2)
    whole = score(texts)
    assert len(whole) > 256
    np.testing.assert_allclose(whole[:len(whole) // 2], whole[len(whole) // 2:], rtol=1e-4)
    np.testing.assert_allclose(score(texts[:5]), whole[:5], rtol=1e-4)


# ---- the same again

@pytest.mark.parametrize('with_model', [False, True])
def test_shards_change_nothing(program, corpus, model, tmp_path, with_model):
    rows = table(corpus).select(['repo', 'path', 'text']).to_pylist()
    more = ['--most', 170, '--n', 2, *(['--model', model] if with_model else [])]
    first, second = (program.ok('tune', src, tmp_path/f'{k}.html', '--seed', 4, *more) for k, src in enumerate((corpus, shuffled(tmp_path/'c', rows, 1, ids=with_model))))
    assert {**first, 'out': ''} == {**second, 'out': ''} and first['docs'] == 170
    assert (tmp_path/'0.html').read_bytes() == (tmp_path/'1.html').read_bytes()
    if not with_model: program.ok('tune', corpus, tmp_path/'5.html', '--seed', 5, *more); assert (tmp_path/'5.html').read_bytes() != (tmp_path/'0.html').read_bytes()


# ---- what it loads

def run_python(code: str, *args) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, '-c', code, *map(str, args)], env=ENV, cwd=ROOT, capture_output=True, text=True)


def test_torch_is_loaded_for_a_model_only(corpus, tmp_path):
    code = "import sys\nfrom opencookbook.recipes.cli import main\ntry: main()\nfinally: print([m for m in ('torch', 'transformers') if m in sys.modules])"
    r = run_python(code, 'tune', corpus, tmp_path/'p.html', '--quiet')
    assert (r.returncode, r.stdout, r.stderr) == (0, '[]\n', ''), r


@pytest.mark.parametrize('missing', ['torch', 'transformers'])
def test_a_missing_extra_is_one_line(corpus, model, tmp_path, missing):
    code = f"import sys; sys.modules['{missing}'] = None\nfrom opencookbook.recipes.cli import main\nmain()"
    r = run_python(code, 'tune', corpus, tmp_path/'p.html', '--model', model)
    assert r.returncode == 1 and r.stdout == '' and re.fullmatch(rf"error: --model needs torch and transformers \(.*{missing}.*\); pip install 'opencookbook\[train\]'\n", r.stderr), r
    assert not [*tmp_path.iterdir()]


# ---- bad input

def spoil(run: Path, to: Path, **files) -> Path:
    "A copy of a model with other files; None takes one away."
    shutil.copytree(run/'model', to)
    for name, data in files.items():
        f = to/name.replace('_json', '.json').replace('_safetensors', '.safetensors')
        f.unlink() if data is None else f.write_bytes(data)
    return to


BAD_MODELS = {
    'nothing there': (lambda run, to: to, 'holds no model (no config.json); give a folder with config.json'),
    'a file': (lambda run, to: to.write_text('x') and to, 'holds no model'),
    'empty folder': (lambda run, to: to.mkdir() or to, 'holds no model'),
    'empty model folder': (lambda run, to: (to/'model').mkdir(parents=True) or to, 'holds no model'),
    'no weights': (lambda run, to: spoil(run, to, model_safetensors=None), 'holds no model'),
    'broken weights': (lambda run, to: spoil(run, to, model_safetensors=b'x' * 99), 'holds no model'),
    'broken configuration': (lambda run, to: spoil(run, to, config_json=b'{'), 'holds no model'),
    'no tokenizer': (lambda run, to: spoil(run, to, tokenizer_json=None, tokenizer_config_json=None), 'holds no tokenizer'),
    'broken tokenizer': (lambda run, to: spoil(run, to, tokenizer_json=b'{'), 'holds no tokenizer'),
}


@pytest.mark.parametrize('name', BAD_MODELS)
def test_a_wrong_model_is_one_line(model, tmp_path, name):
    make, words = BAD_MODELS[name]
    with pytest.raises(ValueError) as e: scorer(make(model, tmp_path/'m'))
    assert words in one_line(e.value) and len(one_line(e.value)) < 400 and '\n' not in str(e.value)


def test_a_model_of_another_kind(model, tmp_path):
    GPT2LMHeadModel(GPT2Config(n_embd=8, n_layer=1, n_head=1, vocab_size=300, bos_token_id=0, eos_token_id=2)).save_pretrained(tmp_path/'m')
    for f in (model/'model').glob('tokenizer*.json'): shutil.copy(f, tmp_path/'m')
    with pytest.raises(ValueError, match='holds a GPT2LMHeadModel; give a model that is built like Llama'): scorer(tmp_path/'m')


def test_a_tokenizer_of_another_model(program, corpus, model, tmp_path):
    small = replace(SHAPES['tiny'], vocab_size=100, hidden=8, layers=1, heads=1, kv_heads=1, ffn=8, context=CONTEXT)
    save_model(new_model(small), tmp_path/'m')
    for f in (model/'model').glob('tokenizer*.json'): shutil.copy(f, tmp_path/'m')
    assert "is outside vocab_size=100; encode with the model's tokenizer" in program.fails('tune', corpus, tmp_path/'p.html', '--model', tmp_path/'m')
    assert not (tmp_path/'p.html').exists()


ERRORS = {
    'no IN': ('{tmp}/none {tmp}/o.html', 'no Parquet file in'),
    'IN is no Parquet': ('{tmp}/note.txt {tmp}/o.html', 'not a readable Parquet file'),
    'no texts': ('{tmp}/poor.parquet {tmp}/o.html', 'poor.parquet: columns [\'path\', \'repo\'] lack text (or content)'),
    'ids twice': ('{tmp}/twice.parquet {tmp}/o.html', 'occurs 2 times'),
    'signals are words': ('{tmp}/words.parquet {tmp}/o.html', 'words.parquet: column signals must hold JSON objects of numbers'),
    'half measured': ('{tmp}/half.parquet {tmp}/o.html', 'half.parquet: rule "'),
    'no name': ('{src} .', 'no name for a result'),
    'no page': ('{src} {tmp}/o', 'is no name for a page; give one that ends in .html'),
    'a table': ('{src} {tmp}/o.parquet', 'is no name for a page'),
    'there already': ('{src} {tmp}/page.html', 'page.html holds something else; choose another name or remove it'),
    'a link': ('{src} {tmp}/link.html', 'link.html holds something else'),
    'a folder': ('{src} {tmp}/folder.html', 'folder.html holds something else'),
    'below a file': ('{src} {tmp}/note.txt/o.html', 'is a file where a folder must be'),
    'OUT in IN': ('{tmp} {tmp}/o.html', 'which is read; write somewhere else'),
    'model': ('{src} {tmp}/o.html --model {tmp}/none', 'holds no model'),
}


@pytest.mark.parametrize('name', ERRORS)
def test_an_error_is_one_line(program, tmp_path, name):
    line, words = ERRORS[name]
    one = docs([dict(repo='r', path='a.py', text='x = 1\n')])
    pq.write_table(one, tmp_path/'mine.parquet')
    pq.write_table(pa.table(dict(repo=['a'], path=['b'])), tmp_path/'poor.parquet')
    pq.write_table(pa.concat_tables([one, one]), tmp_path/'twice.parquet')
    pq.write_table(one.append_column('signals', pa.array(['[1]'])), tmp_path/'words.parquet')
    pq.write_table(one.append_column('qsc_code_num_lines', pa.array([1.])), tmp_path/'half.parquet')
    (tmp_path/'note.txt').write_text('no Parquet'); (tmp_path/'page.html').write_text('years of work'); (tmp_path/'link.html').symlink_to('nowhere'); (tmp_path/'folder.html').mkdir()
    before = tree(tmp_path)
    assert words in program.fails('tune', *line.format(tmp=tmp_path, src=tmp_path/'mine.parquet').split(' '))
    assert tree(tmp_path) == before and not [*tmp_path.glob('.*')] and not [*tmp_path.glob('o*')]


@pytest.mark.parametrize('line', ['a', 'a b.html c', 'a b.html --rules mine', 'a b.html --n 0', 'a b.html --n ten', 'a b.html --most 0', 'a b.html --mode loud', 'a b.html --workers 2'])
def test_usage_errors(program, tmp_path, line):
    said = program('tune', *line.split(), cwd=tmp_path)
    assert said.status == 2 and 'Usage: ' in said.err + said.out and 'Traceback' not in said.err and not [*tmp_path.iterdir()]


def test_odd_corpora(program, tmp_path):
    "No documents, one without a byte, names and texts that want to be more than text."
    evil = '</pre></details><script>alert(1)</script>\x1b[31m'
    rows = [dict(repo='r', path=f'{evil[:20]}{i}.py', text=evil * 30, lang='<b>[red]\x1b') for i in range(3)] + [dict(repo='r', path='none.py', text='')]
    pq.write_table(docs(rows), tmp_path/'odd.parquet'); pq.write_table(docs([]), tmp_path/'empty.parquet')
    said = program.ok('tune', tmp_path/'empty.parquet', tmp_path/'empty.html')
    assert (said['docs'], said['of'], said['rules'], said['red'], said['files']) == (0, 0, 0, [], 0) and 'no rule applies to any document' in (tmp_path/'empty.html').read_text()
    said = program('tune', tmp_path/'odd.parquet', tmp_path/'new'/'folder'/'odd.html')
    assert said.status == 0 and said.err == ''
    page = (tmp_path/'new'/'folder'/'odd.html').read_text()
    assert '<script' not in page and '\x1b' not in page and '<b>[red]' not in page
    assert [p.name for p in (tmp_path/'new'/'folder').iterdir()] == ['odd.html']


# ---- ended in the middle

def test_a_killed_run_leaves_no_half_page(corpus, model, tmp_path):
    "Killed while it measures, scores or writes; the next one makes the page of a calm run."
    cmd, rng, killed = [str(BIN), 'tune', str(corpus), str(tmp_path/'p.html'), '--model', str(model)], random.Random(0), 0
    for _ in range(2):
        p = subprocess.Popen(cmd, env=ENV, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try: p.wait(rng.uniform(1, 4))
        except subprocess.TimeoutExpired: os.killpg(p.pid, signal.SIGKILL); p.wait(); killed += 1
        if (tmp_path/'p.html').exists(): assert (tmp_path/'p.html').read_text().endswith('</html>'); (tmp_path/'p.html').unlink()
    assert killed
    for name in ('p', 'q'): assert subprocess.run([*cmd[:3], str(tmp_path/f'{name}.html'), *cmd[4:]], env=ENV, cwd=ROOT, capture_output=True).returncode == 0
    assert (tmp_path/'p.html').read_bytes() == (tmp_path/'q.html').read_bytes()


def test_killed_while_it_writes(corpus, tmp_path):
    "The process ends itself at the last moment before the page has its name."
    code = ("import os, signal, sys\nfrom opencookbook.recipes.cli import main\nreplace = os.replace\n"
            "def end(a, b): os.kill(os.getpid(), signal.SIGKILL) if str(b).endswith('/p.html') else replace(a, b)\nos.replace = end\nmain()")
    r = run_python(code, 'tune', corpus, tmp_path/'p.html')
    assert r.returncode == -signal.SIGKILL and not (tmp_path/'p.html').exists() and [*tmp_path.glob('.p.html*')]
    assert run_python('from opencookbook.recipes.cli import main; main()', 'tune', corpus, tmp_path/'p.html', '--quiet').returncode == 0
    assert (tmp_path/'p.html').read_text().endswith('</html>') and not (tmp_path/'.p.html.lock').exists()


def test_ctrl_c(corpus, tmp_path):
    (tmp_path/'big').mkdir()
    rows = table(corpus).select(['repo', 'path', 'text']).to_pylist()
    for k in range(30): pq.write_table(docs([dict(r, repo=f'{k}/{r["repo"]}') for r in rows]), tmp_path/'big'/f'{k}.parquet')
    code = "print('begun', flush=True)\nfrom opencookbook.recipes import tune\nold = tune.sampled\ndef sampled(*a): print('reads', flush=True); return old(*a)\ntune.sampled = sampled\nfrom opencookbook.recipes.cli import main\nmain()"
    p = subprocess.Popen([sys.executable, '-c', code, 'tune', str(tmp_path/'big'), str(tmp_path/'p.html')], env=ENV, cwd=ROOT, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: p.stdout.readline() == 'reads\n')
    os.killpg(p.pid, signal.SIGINT)
    out, err = p.communicate(timeout=60)
    assert (p.returncode, out) == (130, '') and err.startswith('interrupted') and err.count('\n') == 1, (p.returncode, out, err)
    assert [q.name for q in tmp_path.iterdir()] == ['big']


def test_two_at_once_is_one(program, corpus, tmp_path):
    "Who holds the lock has the name; the other one is turned away."
    from opencookbook.core.step import locked
    with locked(tmp_path/'.p.html.lock'): assert f'{tmp_path}/p.html is in use by process {os.getpid()}' in program.fails('tune', corpus, tmp_path/'p.html', '--most', 5)
