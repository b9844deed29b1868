"""The program as a person uses it: every command, its exit status, what stands on which stream, and what it leaves behind."""
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import typer
from program import BIN, ENV, LINES, ROOT, ROWS, SAMPLES, ledger, own, table, tree, wait_for
from rich.console import Console

from opencookbook.core import engine
from opencookbook.core.doc import SCHEMA, docs
from opencookbook.core.engine import Engine, shards
from opencookbook.data.harvest import Tree
from opencookbook.recipes.cli import app
from opencookbook.recipes.pipeline import cook
from opencookbook.recipes.tiny import SAMPLE, data_steps
from opencookbook.tools.problems import load_problems

# ---------------------------------------------------------------- help

def commands(group: typer.Typer = app, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for c in group.registered_commands: yield (*above, c.name)
    for g in group.registered_groups: yield from commands(g.typer_instance, (*above, g.name))


def options(*path: str) -> set[str]:
    "The options that a command takes, as the parser knows them."
    c = typer.main.get_command(app)
    for name in path: c = c.commands[name]
    return {o for p in c.params for o in (*p.opts, *p.secondary_opts) if o.startswith('-')}


@pytest.mark.parametrize('path', [(), ('eval',), *commands()], ids=' '.join)
def test_help(program, path):
    said = program(*path, '--help')
    assert (said.status, said.err) == (0, '')
    missing = [o for o in options(*path) if not re.search(rf'(?<![\w-]){o}(?![\w-])', said.out)]
    assert not missing and all(len(line) <= 80 for line in said.out.splitlines())
    assert 'None' not in said.out and '/work' not in said.out


def test_help_names_every_command_in_the_order_of_a_recipe(program):
    said = program('--help').out
    places = [said.index(f'│ {c[0]} ') for c in [*commands()][:10]]
    steps = data_steps(SAMPLE)
    assert places == sorted(places) and [c[0] for c in commands() if c[0] in steps][:len(steps)] == [*steps]
    panels = [said.index(f'─ {p} ─') for p in ('Data', 'Model', 'Recipes')]
    assert panels == sorted(panels) and [*commands()][0] == ('harvest',)
    assert all(f'│ {c[0]} ' in said for c in commands())
    assert program().status == 2 or program().out == said


def test_help_loads_nothing_heavy():
    code = ("import sys; sys.argv = ['opencookbook', '--help']\nfrom opencookbook.recipes.cli import main\ntry: main()\nfinally:\n"
            "    for m in ('torch', 'transformers', 'accelerate', 'datasets', 'ray', 'matplotlib', 'IPython'): print('LOADED', m) if m in sys.modules else None")
    r = subprocess.run([sys.executable, '-c', code], env=ENV, capture_output=True, text=True)
    assert r.returncode == 0 and 'Usage' in r.stdout and 'LOADED' not in r.stdout, r.stdout + r.stderr


def test_version_and_module(tmp_path):
    version = re.search(r'^version = (.+)$', (ROOT/'settings.ini').read_text(), re.M)[1]
    for cmd in ([BIN], [sys.executable, '-m', 'opencookbook']):
        r = subprocess.run([*cmd, '--version'], env=ENV, cwd=tmp_path, capture_output=True, text=True)
        assert (r.returncode, r.stdout, r.stderr) == (0, version + '\n', '')


def test_completion():
    def ask(**env): return subprocess.run([BIN], env={**ENV, **env}, capture_output=True, text=True).stdout
    r = subprocess.run(['bash', '-c', f'{BIN} --show-completion; exit $?'], env=ENV, capture_output=True, text=True)  # it asks which shell called
    assert r.returncode == 0 and '_OPENCOOKBOOK_COMPLETE=complete_bash' in r.stdout
    done = ask(_OPENCOOKBOOK_COMPLETE='complete_bash', COMP_WORDS='opencookbook signals --mode ', COMP_CWORD='3').split()
    assert done == ['sound', 'released']


# ---------------------------------------------------------------- stages in a row

STAGES = ('harvest', 'preprocess', 'exact', 'fuzzy', 'copyright', 'pii', 'signals', 'filters', 'sample', 'split')


@pytest.fixture(scope='session')
def chain(program, tmp_path_factory) -> tuple[Path, dict[str, Path], dict[str, dict]]:
    "All stages of the data side and of the tokens, by turns into folders and into files."
    top = tmp_path_factory.mktemp('chain')
    out = {s: top/(f'{s}.parquet' if i % 2 else s) for i, s in enumerate(STAGES)}
    said = {'harvest': program.ok('harvest', SAMPLES, out['harvest'], '--by-folder', '--workers', 1)}
    for a, b in zip(STAGES, STAGES[1:]): said[b] = program.ok(b, out[a], out[b], '--workers', 1, *(['--share', .2] if b == 'split' else []))
    out |= dict(bpe=top/'bpe', encode=top/'ids', pack=top/'rows.parquet')
    said['bpe'] = program.ok('bpe', out['split'], out['bpe'], '--vocab', 512)
    said['encode'] = program.ok('encode', out['split'], out['encode'], '--bpe', out['bpe'], '--fim', .5, '--max-len', 256, '--workers', 1)
    said['pack'] = program.ok('pack', out['encode'], out['pack'], '--bpe', out['bpe'], '--length', 256, '--workers', 1)
    return top, out, said


def test_rows_in_are_rows_out_and_ledger_rows(chain):
    _, out, said = chain
    for a, b in zip((None, *STAGES), STAGES):
        n_out, gone = len(table(out[b])), [r for r in ledger(out[b]) if r['action'] == 'drop']
        assert (said[b]['rows_out'], said[b]['dropped']) == (n_out, len(gone))
        assert said[b]['rows_in'] == n_out + len(gone) == (len(table(out[a])) if a else said[b]['rows_in'])
        if a: assert {*table(out[a])['doc_id'].to_pylist()} == {*table(out[b])['doc_id'].to_pylist()} | {r['doc_id'] for r in gone}
    seen = sum(len(fs) for _, _, fs in os.walk(SAMPLES))
    assert said['harvest']['rows_in'] >= seen and all(said[s]['dropped'] for s in ('harvest', 'preprocess', 'exact', 'fuzzy', 'filters'))


def test_what_the_stages_added(chain):
    _, out, _ = chain
    kept = table(out['split'])
    assert kept.column_names == [*SCHEMA.names, 'spdx', 'natural_lang', 'signals', 'split'] and kept.schema.field('text').type == pa.large_string()
    assert {*kept['split'].to_pylist()} == {'train', 'heldout'} and None not in kept['doc_type'].to_pylist()
    by_repo = kept.group_by('repo').aggregate([('split', 'count_distinct')])
    assert pc.max(by_repo['split_count_distinct']).as_py() == 1
    assert all(isinstance(json.loads(s), dict) for s in kept['signals'].to_pylist())


def test_filters_say_which_rule_and_by_how_much(chain):
    _, out, _ = chain
    rows = [r for r in ledger(out['filters']) if r['action'] == 'drop']
    assert all(r['rule'] and r['stage'] == 'filters' and r['value'] is not None and r['threshold'] is not None for r in rows)
    assert len({r['rule'] for r in rows}) >= 4
    copies = ledger(out['exact'])
    assert {r['survivor'] for r in copies} <= {*table(out['exact'])['doc_id'].to_pylist()} and all(r['similarity'] == 1 for r in copies)


def test_tokens_are_counted(chain):
    _, out, said = chain
    ids, rows = table(out['encode']), table(out['pack'])
    n = sum(map(len, ids['ids'].to_pylist()))
    assert said['bpe']['vocab'] == 512 and json.loads((out['bpe']/'tokenizer.json').read_text())['model']['type'] == 'BPE'
    assert said['encode']['tokens'] == said['pack']['tokens'] == n and said['encode']['docs'] == len(ids)
    assert said['encode']['holes'] == sum(ids['fim'].to_pylist()) > 0
    assert said['pack']['rows'] == len(rows) and len(rows) * 256 == n + said['pack']['pads']


def test_nothing_but_results_is_left(chain):
    top, out, _ = chain
    both = {p.name for p in out.values()} | {p.with_suffix('.ledger.parquet').name for s, p in out.items() if p.suffix == '.parquet' and s != 'pack'}
    assert {p.name for p in top.iterdir()} == both
    assert not [p for p in top.rglob('*') if p.suffix in ('.tmp', '.lock', '.partial', '.parts')]


def test_folder_and_file_hold_the_same(program, chain, tmp_path):
    _, out, _ = chain
    for src in (out['exact'], out['preprocess']):
        program.ok('filters', src, tmp_path/f'{src.stem}'); program.ok('filters', src, tmp_path/f'{src.stem}.parquet')
        assert table(tmp_path/src.stem) == table(tmp_path/f'{src.stem}.parquet')
        assert ledger(tmp_path/src.stem) == ledger(tmp_path/f'{src.stem}.parquet')
    names = {p.name for p in tmp_path.iterdir()}
    program.ok('exact', tmp_path/'exact', tmp_path/'again')  # a ledger beside a corpus is no shard of it
    (tmp_path/'files').mkdir()
    for p in tmp_path.glob('preprocess*.parquet'): p.rename(tmp_path/'files'/p.name)
    assert program.ok('signals', tmp_path/'files', tmp_path/'s')['rows_in'] == len(table(tmp_path/'files'/'preprocess.parquet'))
    assert names == {'exact', 'exact.parquet', 'exact.ledger.parquet', 'preprocess', 'preprocess.parquet', 'preprocess.ledger.parquet'}


def test_two_workers_say_the_same_as_one(program, chain, tmp_path):
    _, out, said = chain
    corpus = tmp_path/'corpus'; corpus.mkdir()
    whole = table(out['harvest'])
    for i in range(3): pq.write_table(whole.slice(i * 70, 70), corpus/f'{i}.parquet')
    one, two = (program.ok('filters', corpus, tmp_path/str(n), '--workers', n) for n in (1, 2))
    assert {k: v for k, v in one.items() if k != 'out'} == {k: v for k, v in two.items() if k != 'out'}
    assert [p.read_bytes() for p in shards(tmp_path/'1')] == [p.read_bytes() for p in shards(tmp_path/'2')]


# ---------------------------------------------------------------- a user's own tables

def test_repo_path_and_text_are_enough(program, tmp_path):
    src = own(tmp_path/'mine.parquet')
    for stage, dropped in (('preprocess', 0), ('exact', 1), ('fuzzy', 1), ('copyright', 0), ('pii', 0), ('signals', 0), ('filters', 1), ('sample', 0), ('split', 0)):
        said = program.ok(stage, src, tmp_path/stage, '--workers', 1, *(['--share', .5] if stage == 'split' else []))
        assert (said['rows_in'], said['rows_out'], said['dropped']) == (4, 4 - dropped, dropped), stage
        got = table(tmp_path/stage)
        assert got.schema.names[:len(SCHEMA)] == SCHEMA.names and [f.type for f in got.schema][:len(SCHEMA)] == SCHEMA.types
        assert {*got['text'].to_pylist()} <= {r['text'] for r in ROWS}


def test_levels(program, chain, tmp_path):
    _, out, _ = chain
    twice = table(out['harvest'])
    twice = pa.concat_tables([twice, twice.set_column(1, 'repo', pc.binary_join_element_wise(twice['repo'], pa.scalar('fork'), '-')).drop_columns('doc_id')], promote_options='default').drop_columns('doc_id')
    pq.write_table(twice, tmp_path/'twice.parquet')
    for command in ('exact', 'fuzzy'):
        said = program.ok(command, tmp_path/'twice.parquet', tmp_path/command, '--level', 'repo')
        assert said['dropped'] >= len(twice) // 3 and {r['rule'] for r in ledger(tmp_path/command)} <= {'repository copy', 'repository near-copy'}
    said = program.ok('fuzzy', tmp_path/'twice.parquet', tmp_path/'pieces', '--level', 'chunk', '--bpe', out['bpe'], '--length', 100)
    got = table(tmp_path/'pieces')
    by_token = program.ok('fuzzy', out['harvest'], tmp_path/'tokens', '--unit', 'token', '--bpe', out['bpe'])
    assert 0 < by_token['dropped'] < by_token['rows_in'] // 2
    assert said['rows_in'] > len(twice) and said['dropped'] > said['rows_in'] // 3 and all('#' in p for p in got['path'].to_pylist())


def test_columns_of_other_names(program, tmp_path):
    pq.write_table(pa.table(dict(owner=[r['repo'] for r in ROWS], path=[r['path'] for r in ROWS], body=[r['text'] for r in ROWS])), tmp_path/'theirs.parquet')
    assert program.ok('harvest', tmp_path/'theirs.parquet', tmp_path/'out', '--map', 'text=body,repo=owner')['rows_out'] == 4
    got = table(tmp_path/'out')
    assert {*zip(got['repo'].to_pylist(), got['text'].to_pylist())} == {(r['repo'], r['text']) for r in ROWS}


def test_content_as_bytes(program, tmp_path):
    pq.write_table(pa.table(dict(repo=[r['repo'] for r in ROWS], path=[r['path'] for r in ROWS], content=[r['text'].encode() for r in ROWS])), tmp_path/'mine.parquet')
    own(tmp_path/'text.parquet')
    for stage in ('exact', 'filters'):
        program.ok(stage, tmp_path/'mine.parquet', tmp_path/f'{stage}1'); program.ok(stage, tmp_path/'text.parquet', tmp_path/f'{stage}2')
        assert table(tmp_path/f'{stage}1') == table(tmp_path/f'{stage}2')


def test_other_columns_stay(program, tmp_path):
    more = pa.table(dict(own(tmp_path/'x.parquet') and {k: [r[k] for r in ROWS] for k in ROWS[0]}, owner=['ann', None, 'bob', 'eve'], score=[.5, 1., None, 2.], tags=[['a'], [], None, ['b', 'c']]))
    pq.write_table(more, tmp_path/'mine.parquet')
    for stage in STAGES[1:]:
        program.ok(stage, tmp_path/'mine.parquet', tmp_path/f'{stage}.parquet', *(['--share', .5] if stage == 'split' else []))
        got = table(tmp_path/f'{stage}.parquet')
        at = pc.index_in(got['path'], more['path'])
        for c in ('owner', 'score', 'tags'): assert got[c].to_pylist() == more[c].take(at).to_pylist(), (stage, c)


def test_signals_adds_two_columns_and_nothing_else(program, chain, tmp_path):
    _, out, _ = chain
    src = table(out['exact'])
    for mode in ('released', 'sound'):
        program.ok('signals', out['exact'], tmp_path/f'{mode}.parquet', '--mode', mode)
        got = table(tmp_path/f'{mode}.parquet')
        assert got.column_names == [*src.column_names, 'natural_lang', 'signals'] and got.drop_columns(['natural_lang', 'signals']) == src
    plain = own(tmp_path/'mine.parquet')
    program.ok('signals', plain, tmp_path/'s.parquet', '--mode', 'released')
    got = table(tmp_path/'s.parquet')
    assert {*got.column_names} - {*SCHEMA.names} == {'natural_lang', 'signals'} and got['lang'].null_count == got['doc_type'].null_count == 4
    assert json.loads(got['signals'][0].as_py())['qsc_code_num_lines'] == LINES.count('\n')


def test_filters_read_signals_that_are_there(program, tmp_path):
    src = own(tmp_path/'mine.parquet')
    program.ok('signals', src, tmp_path/'s.parquet'); program.ok('filters', tmp_path/'s.parquet', tmp_path/'a'); program.ok('filters', src, tmp_path/'b')
    assert table(tmp_path/'a') == table(tmp_path/'b')
    told = table(tmp_path/'s.parquet')
    lie = told.set_column(told.column_names.index('signals'), 'signals', pa.array([json.dumps({**json.loads(s), 'qsc_code_num_lines': 3.}) for s in told['signals'].to_pylist()]))
    pq.write_table(lie, tmp_path/'lie.parquet')
    assert program.ok('filters', tmp_path/'lie.parquet', tmp_path/'c')['rows_out'] == 0


def test_a_step_of_a_run_is_an_input(program, tmp_path):
    "Steps that wrote ids only are read together with the texts they stand for."
    last = made(tmp_path)['filters']
    got = program.ok('split', last, tmp_path/'mine', '--share', .2)
    assert got['rows_in'] == len(table(last)) == len(table(tmp_path/'mine')) and table(tmp_path/'mine')['text'].null_count == 0


# ---------------------------------------------------------------- how it speaks

def test_a_person_gets_one_line(program, tmp_path):
    src = own(tmp_path/'mine.parquet')
    said = program('exact', src, tmp_path/'out')
    assert said == (0, f'exact: 4 in, 3 out, 1 dropped; {tmp_path}/out/_ledger says why\n', '')
    assert program('exact', src, tmp_path/'out') == (0, f'exact: 4 in, 3 out, 1 dropped; {tmp_path}/out/_ledger says why (found)\n', '')
    assert program('signals', src, tmp_path/'s.parquet').out == 'signals: 4 in, 4 out, 0 dropped\n'
    assert program('exact', src, tmp_path/'e.parquet').out == f'exact: 4 in, 3 out, 1 dropped; {tmp_path}/e.ledger.parquet says why\n'


@pytest.mark.parametrize('flag', ['--quiet', '-q'])
def test_quiet_says_nothing(program, tmp_path, flag):
    src = own(tmp_path/'mine.parquet')
    assert program('exact', src, tmp_path/'out', flag) == (0, '', '') and program('filters', src, tmp_path/'f.parquet', flag) == (0, '', '')
    assert program('harvest', tmp_path, tmp_path.parent/f'{tmp_path.name}{flag}', flag) == (0, '', '')
    assert program('exact', tmp_path/'none', tmp_path/'o', flag).err.startswith('error: ')


def test_the_bar_counts_from_the_beginning(monkeypatch):
    "Two of eight after ten seconds are thirty more, also for a bar that appeared just now."
    screen = StringIO()
    monkeypatch.setattr(engine, 'Console', lambda stderr: Console(file=screen, force_terminal=True, width=120))
    real = time.monotonic; late = [0.]
    monkeypatch.setattr(engine.time, 'monotonic', lambda: real() + late[0])
    with engine.progress(Engine(), 'encode', 8, 'shards') as tick: late[0] = 10.; tick(2)
    assert '2/8' in screen.getvalue() and '0.2 shards/s, 0:00:30 left' in screen.getvalue() and '0:00:10' in screen.getvalue(), screen.getvalue()


def test_names_with_brackets_are_no_markup(program, tmp_path):
    odd = tmp_path/'[red]x[/] {a,b} *? [bold'; odd.mkdir(parents=True)
    src = own(odd/'mine.parquet')
    assert str(odd) in program('exact', src, odd/'[out]').out and str(odd) in program.fails('exact', odd/'[no]', odd/'o')


ERRORS = {
    'no input': ('exact {tmp}/none {tmp}/o', 'none is not there; give a file or a folder'),
    'empty folder': ('exact {tmp}/empty {tmp}/o', 'no Parquet file in'),
    'no Parquet': ('signals {tmp}/note.txt {tmp}/o', 'not a readable Parquet file'),
    'below a file': ('exact {src} {tmp}/note.txt/o', 'is a file where a folder must be; choose another name'),
    'lack of columns': ('exact {tmp}/poor.parquet {tmp}/o', 'lack text (or content); a document table needs repo, path and text'),
    'share': ('split {src} {tmp}/o --share 1.5', 'must be in (0, 1)'),
    'no workers': ('exact {src} {tmp}/o --workers 0', 'workers=0 must be at least 1'),
    'not split': ('bpe {src} {tmp}/o --vocab 300', 'lack split, n_bytes; run `opencookbook split` first'),
    'no tokenizer': ('encode {src} {tmp}/o --bpe {tmp}/none', 'none is not there'),
    'tokenizer is none': ('encode {tmp}/split.parquet {tmp}/o --bpe {tmp}/empty', 'tokenizer'),
    'pieces of what': ('fuzzy {src} {tmp}/o --level chunk', 'pieces and tokens need --bpe'),
    'tokenizer for files': ('fuzzy {src} {tmp}/o --bpe {tmp}/empty', '--bpe is for --level chunk and --unit token; this is --level file'),
    'tokens of what': ('fuzzy {src} {tmp}/o --unit token', 'pieces and tokens need --bpe'),
    'pieces of nothing': ('fuzzy {src} {tmp}/o --level chunk --bpe {tmp}/empty --length 0', 'length=0 must be at least 1 token'),
    'index of repositories': ('fuzzy {src} {tmp}/o --level repo --before {tmp}', '--before is for --level file; this is repo'),
    'threshold': ('fuzzy {src} {tmp}/o --jaccard 95', 'must be above 0 and at most 1'),
    'budget': ('sample {src} {tmp}/o --keep java', "'java' is no budget; write java=0.445, java=44.5% or java=200GB"),
    'two budgets': ('sample {src} {tmp}/o --keep java=1 --keep java=2GB', 'java has 2 budgets; give one for each language'),
    'nothing to count': ('sample {src} {tmp}/o --by n_tokens', 'lack n_tokens'),
    'kind': ('pii {src} {tmp}/o --kinds email,mail', '--kinds mail is unknown; known are'),
    'source': ('harvest {tmp}/none {tmp}/o', 'is no folder, archive, table or list'),
    'package': ('harvest packages:no-such-package {tmp}/o', 'no-such-package'),
    'map': ('harvest {src} {tmp}/o --map text', '--map text names one column'),
    'map to nothing': ('harvest {src} {tmp}/o --map text=body', 'body'),
    'list without cache': ('harvest {tmp}/list.csv {tmp}/o', 'cache'),
    'option of another source': ('harvest {tmp}/empty {tmp}/o --stars x.csv', 'stars'),
    'OUT in IN': ('exact {tmp} {tmp}/o', 'which is read; write somewhere else'),
    'OUT in SOURCE': ('harvest {tmp} {tmp}/o', 'which is read; write somewhere else'),
    'OUT is IN': ('exact {src} {src}', 'holds something else'),
    'no rows': ('train {tmp}/none {tmp}/o --bpe {tmp}/empty', 'none'),
    'no run': ('status sample --runs {tmp}', 'holds no run; start one with `opencookbook cook sample`'),
    'no run to report': ('report sample --runs {tmp}', 'holds no run'),
    'no run to ask': ('why x.py --recipe sample --runs {tmp}', 'holds no run'),
    'no answers': ('eval run own --samples {tmp}/none.jsonl --out {tmp}/o.json', 'none.jsonl'),
    'no problems': ('eval run own --samples {tmp}/note.txt --data {tmp}/empty --out {tmp}/o.json', 'empty'),
    'no benchmark': ('eval run mbpp --samples {tmp}/note.txt --out {tmp}/o.json', 'mbpp'),
    'no JSON lines': ('eval run own --samples {tmp}/note.txt --out {tmp}/o.json', 'note.txt'),
}


@pytest.mark.parametrize('name', ERRORS)
def test_an_error_is_one_line(program, tmp_path, name):
    line, needle = ERRORS[name]
    (tmp_path/'empty').mkdir(); (tmp_path/'note.txt').write_text('no Parquet'); (tmp_path/'list.csv').write_text('registry,name,version,sha256\n')
    pq.write_table(pa.table(dict(repo=['a'], path=['b'])), tmp_path/'poor.parquet'); pq.write_table(docs(ROWS).append_column('split', pa.array(['train'] * 4)), tmp_path/'split.parquet')
    src = own(tmp_path/'mine.parquet')
    before = {p: p.read_bytes() for p in tmp_path.rglob('*') if p.is_file()}
    assert needle in program.fails(*line.format(tmp=tmp_path, src=src).split(' '))
    assert {p: p.read_bytes() for p in before} == before and not (tmp_path/'o').exists()
    assert not [p for p in tmp_path.rglob('*') if p.suffix in ('.tmp', '.lock')]


USAGE = ['exat a b', 'exact', 'exact a', 'exact a b c', 'exact a b --levle 3', 'exact a b --workers two', 'exact a b --engine spark', 'signals a b --mode loud',
         'filters a b --undecided maybe', 'encode a b', 'encode a b --bpe c --side left', 'cook', 'cook huge', 'eval', 'eval run', 'eval run theirs --samples a --out b', 'why']


@pytest.mark.parametrize('line', USAGE)
def test_usage_errors(program, tmp_path, line):
    said = program(*line.split(), cwd=tmp_path)
    assert said.status == 2 and 'Traceback' not in said.err and not [*tmp_path.iterdir()]
    assert 'Usage: ' in said.err + said.out and (said.err == '' or not said.out)


def test_unexpected_errors_are_one_line_unless_asked(tmp_path):
    code = 'from opencookbook.recipes import cli\ndef app(): raise KeyError("a\\nb")\ncli.app = app; cli.main()'
    r = subprocess.run([sys.executable, '-c', code], env=ENV, capture_output=True, text=True)
    assert (r.returncode, r.stdout) == (1, '') and re.fullmatch(r'error: KeyError: .*\n', r.stderr)
    r = subprocess.run([sys.executable, '-c', code], env={**ENV, 'OPENCOOKBOOK_TRACE': '1'}, capture_output=True, text=True)
    assert r.returncode == 1 and 'Traceback' in r.stderr


# ---------------------------------------------------------------- what is there already

@pytest.mark.parametrize('out', ['out', 'out.parquet'])
def test_a_second_call_finds_the_result(program, tmp_path, out):
    src = own(tmp_path/'mine.parquet')
    first = program.ok('exact', src, tmp_path/out)
    before = tree(tmp_path)
    again = program.ok('exact', src, tmp_path/out)
    assert (first['found'], again['found']) == (False, True) and {**again, 'found': False} == first and tree(tmp_path) == before
    os.utime(src, (1, 1))  # the input is another one now
    assert 'holds something else' in program.fails('exact', src, tmp_path/out)
    assert 'holds something else' in program.fails('split', src, tmp_path/out, '--share', .5)


def test_a_corpus_may_move(program, tmp_path):
    "What a step made is known by its manifest: a copy of it elsewhere, of another day, is the same input."
    src = own(tmp_path/'mine.parquet')
    program.ok('preprocess', src, tmp_path/'p'); program.ok('exact', tmp_path/'p', tmp_path/'out')
    (tmp_path/'q').mkdir(); subprocess.run(['cp', '-r', tmp_path/'p', tmp_path/'q'/'copy'], check=True)
    (tmp_path/'p').rename(tmp_path/'gone')
    assert program.ok('exact', tmp_path/'q'/'copy', tmp_path/'out')['found'] is True


@pytest.mark.parametrize('there', ['folder', 'file', 'parquet', 'ledger'])
def test_what_lies_there_is_not_touched(program, tmp_path, there):
    src, mine = own(tmp_path/'mine.parquet'), tmp_path/('thesis.parquet' if there in ('parquet', 'ledger') else 'thesis')
    if there == 'folder': mine.mkdir(); (mine/'chapter.tex').write_text('years of work')
    elif there == 'ledger': mine.with_suffix('.ledger.parquet').write_text('years of work')
    else: mine.write_text('years of work')
    before = tree(tmp_path)
    assert 'holds something else; choose another name or remove it' in program.fails('exact', src, mine)
    assert tree(tmp_path) == before


def test_out_of_another_stage_is_kept(program, tmp_path):
    src = own(tmp_path/'mine.parquet')
    program.ok('exact', src, tmp_path/'a.parquet'); before = tree(tmp_path)
    assert 'holds something else' in program.fails('signals', src, tmp_path/'a.parquet')
    assert 'holds something else' in program.fails('exact', tmp_path/'a.parquet', tmp_path/'a.parquet')
    assert tree(tmp_path) == before


# ---------------------------------------------------------------- interrupted

@pytest.mark.parametrize('workers', [1, 2])
@pytest.mark.parametrize('name', ['out', 'out.parquet'])
def test_ctrl_c(program, heavy, tmp_path, workers, name):
    cmd = [str(BIN), 'signals', str(heavy), str(tmp_path/name), '--workers', str(workers)]
    p = subprocess.Popen(cmd, env=ENV, cwd=ROOT, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: [*tmp_path.rglob('*/_stats/*.json')])
    os.killpg(p.pid, signal.SIGINT)
    t = time.monotonic(); out, err = p.communicate(timeout=60)
    assert p.returncode == 130 and time.monotonic() - t < 10, (p.returncode, out, err)
    assert err == 'interrupted; what is finished is kept, the same command goes on\n' and 'Traceback' not in out
    assert not (tmp_path/name).exists() and 0 < len([*tmp_path.rglob('*/_stats/*.json')]) < 16
    program.ok('signals', heavy, tmp_path/name, '--workers', 1)
    program.ok('signals', heavy, tmp_path/f'calm{name}', '--workers', 1)
    drop = lambda top: {k: v[1] for k, v in tree(top).items() if k != '_timing.json'}
    if name == 'out': assert drop(tmp_path/name) == drop(tmp_path/'calmout')
    else: assert (tmp_path/name).read_bytes() == (tmp_path/f'calm{name}').read_bytes()
    assert not [p for p in tmp_path.rglob('*') if p.suffix in ('.tmp', '.lock', '.partial', '.parts')]


@pytest.mark.parametrize('workers', [1, 2])
def test_ctrl_c_in_the_background(heavy, tmp_path, workers):
    "A shell starts background work with Ctrl-C ignored; Daft stops all the same. A part is never passed off as the whole."
    cmd = [str(BIN), 'signals', str(heavy), str(tmp_path/'out'), '--workers', str(workers)]
    p = subprocess.Popen(['bash', '-c', 'trap "" INT; exec "$@"', '-', *cmd], env=ENV, cwd=ROOT, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: [*tmp_path.rglob('*/_stats/*.json')])
    os.killpg(p.pid, signal.SIGINT)
    out, err = p.communicate(timeout=60)
    if workers == 1: assert p.returncode == 0 and '1,920 in' in out, (out, err)
    else: assert p.returncode == 1 and 'run again, finished shards are kept' in err and not (tmp_path/'out').exists(), (out, err)


# ---------------------------------------------------------------- judging

PROBS = load_problems('own', ROOT/'data_samples')


def answers(path: Path, completion) -> Path:
    path.write_text(''.join(json.dumps(dict(task_id=p.task_id, completion=completion(p))) + '\n' for p in PROBS))
    return path


def test_canonical_answers_pass_and_wrong_ones_fail(program, tmp_path):
    right, wrong = answers(tmp_path/'right.jsonl', lambda p: p.canonical_solution), answers(tmp_path/'wrong.jsonl', lambda p: '    raise ValueError\n')
    got = program.ok('eval', 'run', 'own', '--samples', right, '--data', 'data_samples', '--out', tmp_path/'r.json')
    assert got['n_passed'] == got['n_samples'] == got['n_problems'] == len(PROBS) >= 30 and got['pass_at_1'] == 1 and got['found'] is False
    said = program('eval', 'run', 'own', '--samples', wrong, '--out', tmp_path/'w.json')
    assert said.status == 0 and said.err == '' and said.out.startswith(f'own: pass@1 0.000 [0.000, 0.000], 0 of {len(PROBS)} samples')
    kept = json.loads((tmp_path/'w.json').read_text())
    assert kept['n_passed'] == 0 and len(kept['results']) == len(PROBS)
    before = tree(tmp_path)
    assert program.ok('eval', 'run', 'own', '--samples', right, '--out', tmp_path/'r.json')['found'] is True
    assert 'holds something else' in program.fails('eval', 'run', 'own', '--samples', wrong, '--out', tmp_path/'r.json')
    assert 'holds something else' in program.fails('eval', 'run', 'own', '--samples', right, '--out', right)
    assert tree(tmp_path) == before


def test_missing_answers_are_named(program, tmp_path):
    two = tmp_path/'two.jsonl'
    two.write_text(''.join(json.dumps(dict(task_id=p.task_id, completion=p.canonical_solution)) + '\n' for p in PROBS[:2]))
    assert f'lacks {len(PROBS) - 2} of {len(PROBS)} problems' in program.fails('eval', 'run', 'own', '--samples', two, '--out', tmp_path/'o.json')
    assert not (tmp_path/'o.json').exists()
    got = program.ok('eval', 'run', 'own', '--samples', two, '--out', tmp_path/'o.json', '--partial')
    assert (got['n_problems'], got['n_passed']) == (2, 2)
    two.write_text('{"task_id": "none/0", "completion": ""}\n')
    assert 'none/0' in program.fails('eval', 'run', 'own', '--samples', two, '--out', tmp_path/'p.json')


# ---------------------------------------------------------------- runs

def made(top: Path) -> dict[str, Path]:
    "A run of the data half of the sample recipe."
    here = data_steps(SAMPLE.__class__(**{**vars(SAMPLE), 'source': Tree(str(ROOT/'data_samples'), repo='data_samples', by_folder=True)}))
    return dict(zip(here, cook('sample', [here['split']], top/'sample', Engine(workers=1, quiet=True))))


@pytest.fixture(scope='session')
def half(tmp_path_factory) -> Path:
    top = tmp_path_factory.mktemp('half')
    made(top)
    return top


def test_status(program, half):
    rows = program.ok('status', 'sample', '--runs', half)
    assert [r['step'] for r in rows] == [*STAGES] and {r['state'] for r in rows} == {'done'} and all(r['rows_in'] >= r['rows_out'] > 0 for r in rows)
    said = program('status', 'sample', '--runs', half).out.splitlines()
    assert said[0].split() == ['step', 'state', 'in', 'out', 'seconds', 'MB'] and len(said) == 1 + len(STAGES) and len({len(s) for s in said}) == 1
    assert program('status', 'sample', '--runs', half, '-q') == (0, '', '')


WHY = {
    'files/filters/column.js': r'files/filters/column\.js\n  filters: dropped, qsc_code_num_words < 30 = \d+ \(limit 30\).*; qsc_code_num_chars_line_mean < 5; .*\n',
    'encodings/haefen_utf8.rb': r'files/encodings/haefen_utf8\.rb\n  exact: dropped, copy, similarity 1; kept as files/encodings/haefen_latin1\.rb\n',
    'ladder/crlf.py': r'files/neardup/ladder/crlf\.py\n  fuzzy: dropped, near-copy = 1 \(limit 0\.95\), similarity 1\. contained 1\.0000, shared bands 16; kept as files/neardup/ladder/base\.py\n',
    'undecidable.txt': r'files/encodings/undecidable\.txt\n  harvest: dropped, encoding.*\n',
    'good/Trie.hs': r'files/good/Trie\.hs\n  kept to the end\n',
}


@pytest.mark.parametrize('path', WHY)
def test_why(program, half, path):
    said = program('why', path, '--recipe', 'sample', '--runs', half)
    assert said.status == 0 and re.fullmatch(WHY[path], said.out), said
    rows = program.ok('why', path, '--recipe', 'sample', '--runs', half)
    assert all(r['path'].endswith(path.split('/')[-1]) for r in rows) and rows[-1]['action'] in ('drop', 'kept')


def test_why_of_an_unknown_file(program, half):
    assert 'has seen nothing.py; give repo/path or the end of a path' in program.fails('why', 'nothing.py', '--recipe', 'sample', '--runs', half)


def test_why_tells_of_every_dropped_file(program, half):
    folders = json.loads((half/'sample'/'run.json').read_text())['steps']
    gone = [r for f in folders.values() for r in ledger(half/'sample'/f) if r['action'] == 'drop']
    for r in random.Random(0).sample(gone, 12):
        told = program.ok('why', f"{r['repo']}/{r['path']}", '--recipe', 'sample', '--runs', half)
        assert any((t['stage'], t['rule'], t['doc_id']) == (r['stage'], r['rule'], r['doc_id']) for t in told)


def test_report(program, half):
    path = half/'sample'/'report.html'
    assert program('report', 'sample', '--runs', half) == (0, f'{path}\n', '')
    first = path.read_text()
    assert program.ok('report', 'sample', '--runs', half) == dict(report=str(path)) and path.read_text() == first


# ---------------------------------------------------------------- a whole cook

ALONE = """
import importlib.abc, re, sys
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from packaging.requirements import Requirement
there, todo = set(), [('opencookbook', 'train')]
while todo:
    name, extra = todo.pop()
    if (name, extra) in there: continue
    there.add((name, extra))
    try: wanted = [Requirement(r) for r in requires(name) or ()]
    except PackageNotFoundError: continue
    todo += [(re.sub('[-_.]+', '-', r.name).lower(), e) for r in wanted if not r.marker or r.marker.evaluate(dict(extra=extra)) for e in ('', *r.extras)]
names = {n for n, _ in there}
absent = {top for top, ds in packages_distributions().items() if not any(re.sub('[-_.]+', '-', d).lower() in names for d in ds)}
class Present(importlib.abc.MetaPathFinder):
    finders = sys.meta_path[:]
    def find_spec(self, full, path=None, target=None):
        return None if full in absent else next((s for f in self.finders if (s := f.find_spec(full, path, target))), None)
    def find_distributions(self, *args):
        for f in self.finders: yield from getattr(f, 'find_distributions', lambda *_: ())(*args)
sys.meta_path[:] = [Present()]
assert {'IPython', 'trl', 'nbdev', 'datasketch'} <= absent and not {'torch', 'transformers', 'daft', 'numba'} & absent, absent
from opencookbook.recipes.cli import main
main()
"""


@pytest.fixture(scope='session', autouse=True)
def cooking(tmp_path_factory) -> Iterator[tuple[subprocess.Popen, Path]]:
    "A cook of the sample recipe, where nothing can be imported but what `make cook` installs; it runs while the other tests do."
    top = tmp_path_factory.mktemp('cook')
    p = subprocess.Popen([sys.executable, '-c', ALONE, 'cook', 'sample', '--runs', str(top)], env=ENV, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    yield p, top
    p.kill(); p.wait()


@pytest.fixture(scope='session')
def cooked(cooking) -> tuple[Path, str, str]:
    p, top = cooking
    out, err = p.communicate(timeout=300)
    assert p.returncode == 0, out + err
    return top, out, err


STEPS = [*STAGES, 'bpe', 'encode', 'encode-heldout', 'pack', 'train', 'heldout', 'problems']


def test_cook_names_each_step_and_then_the_card(cooked):
    top, out, err = cooked
    assert out == f'report card: {top}/sample/report.html\n'
    lines = err.splitlines()
    assert all(re.fullmatch(r' *\d+\.\d s  [a-z-]+', line) for line in lines), err
    assert [line.split()[-1] for line in lines] == STEPS


class Page(HTMLParser):
    "What a page consists of, and what it would load."
    def __init__(self): super().__init__(); self.text, self.tags, self.loads = [], [], []
    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.loads += [v for k, v in attrs if k in ('src', 'href', 'xlink:href', 'action', 'data') and v and not v.startswith(('#', 'data:'))]
    def handle_data(self, data): self.text.append(data)


def test_card(cooked, program):
    top, _, _ = cooked
    page = Page(); page.feed((top/'sample'/'report.html').read_text())
    said = ' '.join(page.text)
    assert not page.loads and 'script' not in page.tags and page.tags.count('svg') >= 5 and 'url(http' not in said and '@import' not in said
    for part in ('What is left', 'What is gone, and what was changed', 'Mix by language', 'Mix by licence', 'Training', 'Bits per byte', 'Problems', 'What it cost', 'Lineage'): assert part in said
    rows = {r['step']: r for r in program.ok('status', 'sample', '--runs', top)}
    assert [*rows] == STEPS and f"{rows['harvest']['rows_out']:,}" in said and f"{rows['split']['rows_out']:,}" in said
    assert all(s in said for s in STEPS) and 'pass@1' in said


def test_second_cook_finds_everything(cooked):
    top, _, _ = cooked
    before = {k: v for k, v in tree(top).items() if not k.endswith('report.html') and not k.endswith('run.json')}
    r = subprocess.run([BIN, 'cook', 'sample', '--runs', top], env=ENV, cwd=ROOT, capture_output=True, text=True)
    assert r.returncode == 0 and r.stderr.split() == [w for s in STEPS for w in ('found', s)]
    assert {k: v for k, v in tree(top).items() if k in before} == before
    assert not [p for p in top.rglob('*') if p.suffix in ('.tmp', '.lock', '.partial')]


def test_runs_in_one_folder_wait_for_no_one(program, half):
    import fcntl
    with open(half/'sample'/'.cook.lock', 'w') as f:
        fcntl.flock(f, fcntl.LOCK_EX); f.write('4711'); f.flush()
        said = subprocess.run([sys.executable, '-c', 'from opencookbook.recipes import cli, pipeline; cli.goals = lambda r: []; cli.main()', 'cook', 'sample', '--runs', half],
                              env=ENV, cwd=ROOT, capture_output=True, text=True)
    os.unlink(half/'sample'/'.cook.lock')
    assert said.returncode == 1 and re.fullmatch(r'error: .*sample is in use by process 4711; wait for it or stop it\n', said.stderr)
