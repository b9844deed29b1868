"""The language table, the typing of paths, notebooks, and the stage as a whole.

`python tests/test_preprocess.py CHECKOUT` makes opencookbook/data/languages.csv anew from a checkout of github-linguist/linguist
(needs PyYAML); with the environment variable LINGUIST=CHECKOUT a test checks that the table in the package is what that gives.
"""
import json
import os
import random
import sys
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings, strategies as st

from opencookbook.core.doc import SCHEMA, docs
from opencookbook.core.ledger import LEDGER, n_dropped
from opencookbook.data.preprocess import CHOSEN, EXCEPTIONS, EXCLUDED, SPELLING, language, languages, preprocess, resolve, structure, type_paths, unfold

TABLE = Path(__file__).resolve().parent.parent/'opencookbook/data/languages.csv'


# ---- the table

def from_checkout(folder: Path) -> str:
    "languages.csv as a checkout of linguist gives it."
    import yaml
    lib = Path(folder)/'lib/linguist'
    known = yaml.safe_load((lib/'languages.yml').read_text(encoding='utf-8'))
    fallback = {}
    for d in yaml.safe_load((lib/'heuristics.yml').read_text(encoding='utf-8'))['disambiguations']:
        last = d['rules'][-1]  # a rule without a pattern is what remains when no other fits
        if not set(last) & {'pattern', 'named_pattern', 'and', 'negative_pattern'} and isinstance(last['language'], str):
            fallback |= dict.fromkeys(d['extensions'], last['language'])
    rows = resolve(known, fallback)
    head = (f'# Facts of github-linguist/linguist {(lib/"VERSION").read_text().strip()} (languages.yml, heuristics.yml; MIT, GitHub, Inc.), '
            'one owner a pattern by opencookbook.data.preprocess.resolve; made by tests/test_preprocess.py\n')
    return head + 'language,doc_type,kind,pattern\n' + ''.join(','.join(r) + '\n' for r in rows)


def test_table_is_what_linguist_gives():
    if 'LINGUIST' not in os.environ: pytest.skip('set LINGUIST to a checkout of github-linguist/linguist 9.6.0')
    assert TABLE.read_text(encoding='utf-8') == from_checkout(os.environ['LINGUIST'])


ROWS = languages().to_pylist()


def test_table_names_its_source():
    head = TABLE.read_text(encoding='utf-8').splitlines()[0]
    assert head.startswith('# ') and 'linguist 9.6.0' in head and 'MIT' in head


def test_table_facts():
    assert len(ROWS) == 1904 and Counter(r['kind'] for r in ROWS) == dict(extension=1485, filename=419)
    assert set(r['doc_type'] for r in ROWS) == {'code', 'data', 'text'}
    assert all(r['language'] == r['language'].lower() == r['language'].strip() != '' for r in ROWS)
    assert all(r['pattern'][0] == '.' for r in ROWS if r['kind'] == 'extension')
    assert not any(set('/\\*,"') & set(r['pattern']) for r in ROWS)


def test_no_pattern_has_two_owners_and_no_language_two_types():
    assert len({(r['kind'], r['pattern']) for r in ROWS}) == len(ROWS)
    assert len({(r['language'], r['doc_type']) for r in ROWS}) == len({r['language'] for r in ROWS}) == 749


def test_what_stays():
    stay = {(r['language'], r['doc_type']) for r in ROWS if r['language'] not in EXCLUDED}
    assert Counter(t for _, t in stay) == dict(code=554, data=138, text=21)
    assert len(EXCLUDED) == len(set(EXCLUDED)) == 41
    text = {lang for lang, t in stay if t == 'text'}
    assert text == set('asciidoc,creole,gemini,gettext catalog,markdown,mdx,muse,org,pod,pod 6,rdoc,restructuredtext,rich text format,rmarkdown,'
                       'roff,sweave,tex,texinfo,text,textile,wikitext'.split(','))  # the paper: 22; the two others here lost their only extension


def test_hand_made_choices_hold():
    for pattern, owner in CHOSEN.items(): assert language('x' + pattern)[0] == SPELLING.get(owner, owner.lower()), pattern
    for lang, doc_type in EXCEPTIONS.items():
        assert {r['doc_type'] for r in ROWS if r['language'] == SPELLING.get(lang, lang.lower())} <= {doc_type}


# ---- names: what every programmer would say; path -> language, doc_type

WELL_KNOWN = '''
Makefile makefile code|GNUmakefile makefile code|CMakeLists.txt cmake code|Dockerfile dockerfile code|Containerfile dockerfile code
x.h c code|x.c c code|x.hpp cpp code|x.cc cpp code|x.cxx cpp code|x.C cpp code|x.hh cpp code|x.cs csharp code|x.java java code|x.go go code
go.mod go_module data|go.sum go_checksums data|x.rs rust code|Cargo.lock toml data|Cargo.toml toml data|x.py python code|x.pyi python code|x.pyx cython code
SConstruct python code|x.ts typescript code|x.tsx tsx code|x.js javascript code|x.jsx javascript code|x.mjs javascript code|x.cjs javascript code
.bashrc shell code|x.sh shell code|x.zsh shell code|.gitignore ignore_list data|.editorconfig editorconfig data|x.rb ruby code|Gemfile ruby code|Rakefile ruby code
x.php php code|x.pl perl code|x.t perl code|x.r r code|x.R r code|x.jl julia code|x.lua lua code|x.swift swift code|x.kt kotlin code|x.scala scala code
x.hs haskell code|x.ml ocaml code|x.fs f# code|x.ex elixir code|x.erl erlang code|x.clj clojure code|x.lisp common_lisp code|x.el emacs_lisp code
x.f90 fortran_free_form code|x.f fortran code|x.v verilog code|x.sv systemverilog code|x.vhd vhdl code|x.m objective-c code|x.asm assembly code|x.s unix_assembly code
x.sql sql code|x.html html code|x.htm html code|x.css css data|x.scss scss data|x.vue vue code|x.xml xml data|x.json json data|package.json json data
x.yaml yaml data|x.yml yaml data|x.toml toml data|x.ini ini data|x.cfg ini data|x.properties java_properties data|x.md markdown text|README.MD markdown text
x.rst restructuredtext text|x.txt text text|LICENSE text text|x.tex tex text|x.po gettext_catalog text|x.org org text|x.1 roff text|x.diff diff code
x.html.erb html+erb code|x.d.ts typescript code|build.gradle gradle data|build.gradle.kts gradle_kotlin_dsl data|pom.xml maven_pom data|BUILD.bazel starlark code
Jenkinsfile groovy code|x.proto protocol_buffer data|x.graphql graphql data|x.ps1 powershell code|x.bat batchfile code|x.tf hcl code|x.sol solidity code|.vimrc vim_script code
x.pkl pickle data|x.svg svg data|x.csv csv data|x.stl stl data|x.ps postscript code|robots.txt robots.txt data|x.srt subrip_text data|id_rsa.pub public_key data
'''.strip().replace('\n', '|').split('|')


@pytest.mark.parametrize('line', WELL_KNOWN)
def test_well_known_names(line):
    name, lang, doc_type = line.split()
    assert language(name) == language('some/where/' + name) == (lang.replace('_', ' '), doc_type)


@pytest.mark.parametrize('name', ['', '.', '..', 'py', 'x', 'x.', 'x.zzz', 'x.so', 'x.py/', 'Makefile/', 'x.py~', 'x.py.orig2', ' .', 'x. py'])
def test_unknown_names(name): assert language(name) is None


def test_most_extensions_agree_with_pygments():
    "An outside authority with its own opinion: same name for the plain languages."
    pytest.importorskip('pygments')
    from pygments.lexers import get_lexer_for_filename
    for ext, ours in dict(py='python', js='javascript', rb='ruby', go='go', rs='rust', java='java', c='c', cpp='cpp', cs='csharp', lua='lua', hs='haskell',
                          ml='ocaml', kt='kotlin', swift='swift', scala='scala', sh='bash', json='json', yaml='yaml', html='html', css='css', tex='tex').items():
        theirs = {a.lower() for a in get_lexer_for_filename('x.' + ext).aliases} | {get_lexer_for_filename('x.' + ext).name.lower()}
        assert ours in theirs and (language('x.' + ext)[0] == ours or ours == 'bash'), ext


@given(st.text(max_size=40))
def test_any_name_types_without_error(name):
    hit = language(name)
    assert hit is None or hit[1] in ('code', 'data', 'text')


@given(st.lists(st.text(alphabet='ab./CH\n.pyts', max_size=12), max_size=30))
@settings(max_examples=60, deadline=None)
def test_columns_equal_one_by_one(paths):
    lang, doc_type = type_paths(pa.chunked_array([pa.array(paths[:7], pa.string()), pa.array(paths[7:], pa.string())]))
    assert list(zip(lang.to_pylist(), doc_type.to_pylist())) == [language(p) or (None, None) for p in paths]


# ---- notebooks

def cell(kind, source, **more): return dict(cell_type=kind, metadata={}, source=source, **more)
def book(*cells, **more): return json.dumps(dict(nbformat=4, nbformat_minor=5, metadata={}, cells=list(cells)) | more)


def test_every_kind_of_output():
    outs = [dict(output_type='stream', name='stdout', text=['one\n', 'two\n']), dict(output_type='stream', name='stderr', text='warned\n'),
            dict(output_type='execute_result', execution_count=1, metadata={}, data={'text/plain': ['<Markdown>'], 'text/markdown': '**bold**'}),
            dict(output_type='display_data', metadata={}, data={'image/png': 'AAAA', 'text/plain': '<Figure>'}),
            dict(output_type='display_data', metadata={}, data={'image/png': 'AAAA', 'application/json': {'a': 1}}),
            dict(output_type='display_data', metadata={}, data={'text/html': '<b>h</b>'}), dict(output_type='display_data', metadata={}, data={'text/latex': '$x$'}),
            dict(output_type='display_data', metadata={}, data={}), dict(output_type='update_display_data', data={'text/plain': 'up'}),
            dict(output_type='error', ename='ValueError', evalue='\x1b[0;31mno\x1b[0m', traceback=['\x1b[31mlong\x1b[0m'])]
    got = structure(book(cell('markdown', ['# T\n', 'x']), cell('raw', 'r'), cell('code', 'f()', execution_count=None, outputs=outs), cell('code', ['g()'], outputs=[]),
                         metadata=dict(kernelspec=dict(language='R'))))
    assert got == ('# %% [markdown]\n# T\nx\n\n# %% [raw]\nr\n\n# %% [r]\nf()\n\n# %% [output]\none\ntwo\nwarned\n**bold**\n<Figure>\n'
                   '[image/png] [application/json]\n<b>h</b>\n$x$\nup\nValueError: no\n\n# %% [r]\ng()\n')


def test_output_is_cut_and_says_so():
    got = structure(book(cell('code', 'f()', outputs=[dict(output_type='stream', text='y' * 5000)])), max_output=100)
    assert got.count('y') == 100 and got.endswith('y\n[...]\n')


def test_nbformat_3():
    old = dict(nbformat=3, metadata=dict(name=''), worksheets=[dict(cells=[
        dict(cell_type='heading', level=2, source=['Old']), dict(cell_type='code', input=['1+1'], language='python', prompt_number=1, outputs=[
            dict(output_type='pyout', text=['2'], prompt_number=1), dict(output_type='display_data', png='AAAA'), dict(output_type='pyerr', ename='E', evalue='v')])])])
    assert structure(json.dumps(old)) == '# %% [markdown]\n## Old\n\n# %% [code]\n1+1\n\n# %% [output]\n2\n[png]\nE: v\n'


def test_what_nbformat_writes_is_read():
    nbf = pytest.importorskip('nbformat.v4')
    nb = nbf.new_notebook(metadata=dict(language_info=dict(name='julia')), cells=[nbf.new_markdown_cell('hi'), nbf.new_code_cell('1', outputs=[
        nbf.new_output('stream', text='a'), nbf.new_output('execute_result', data={'text/plain': 'b'}), nbf.new_output('error', ename='c', evalue='d', traceback=[])])])
    assert structure(nbf.writes(nb)) == '# %% [markdown]\nhi\n\n# %% [julia]\n1\n\n# %% [output]\na\nb\nc: d\n'


BROKEN = ['', '{', 'null', '1', '"x"', '[]', '{}', '{"cells": 3}', '{"cells": [3]}', '{"cells": [null]}', '{"cells": {"a": 1}}', '{"worksheets": [{}]}',
          '{"cells": [{"cell_type": "code", "source": 5}]}', '{"cells": [{"cell_type": "code", "source": ["a", 5]}]}', '{"cells": [{"source": "x", "cell_type": "code", "outputs": 7}]}',
          '{"cells": [{"source": "x", "cell_type": "code", "outputs": ["t"]}]}', '{"cells": [{"source": "x", "cell_type": "heading", "level": "z"}]}',
          '{"cells": [{"source": "x", "cell_type": "heading", "level": null}]}', '{"cells": [{"source": "  "}]}', '[' * 200_000, '{"cells":' * 50_000, '1' * 5000,
          '{"cells": [{"source": "x", "cell_type": "heading", "level": 1e999}]}', '{"cells": [{"source": "x", "cell_type": "code", "outputs": [{"output_type": "error", "ename": 3, "evalue": []}]}'
          '], "x": }', '\ufeff{"cells": []}']


@pytest.mark.parametrize('text', BROKEN, ids=range(len(BROKEN)))
def test_broken_notebooks_become_ledger_rows(text):
    with pytest.raises(ValueError) as e: structure(text)
    assert '\n' not in str(e.value) and len(str(e.value)) < 300
    kept, ledger = preprocess(docs([dict(repo='r', path='a.ipynb', text=text)]))
    assert len(kept) == 0 and ledger['rule'].to_pylist() == ['notebook_broken'] and ledger['note'][0].as_py()


def test_lone_surrogates_leave_valid_utf8():
    kept, _ = preprocess(docs([dict(repo='r', path='a.ipynb', text='{"cells": [{"cell_type": "code", "source": "\\ud83d x \\ud83d\\ude00"}]}')]))
    assert kept['text'][0].as_py() == '# %% [code]\n\ufffd x \U0001f600\n'


json_like = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
                         lambda x: st.lists(x, max_size=4) | st.dictionaries(st.sampled_from(['cells', 'source', 'outputs', 'cell_type', 'data', 'text', 'metadata', 'worksheets',
                                                                                             'text/plain', 'output_type', 'language_info', 'name', 'level', 'input']), x, max_size=5), max_leaves=20)


@given(json_like, st.lists(st.dictionaries(st.sampled_from(['source', 'outputs', 'cell_type', 'level', 'input']), json_like | st.sampled_from(['code', 'markdown', 'heading']), max_size=4), max_size=3))
@settings(max_examples=400, deadline=None)
def test_any_json_gives_text_or_one_error(thing, cells):
    for text in (json.dumps(thing), json.dumps(dict(cells=cells, metadata=thing))):
        try: got = structure(text)
        except ValueError as e: assert '\n' not in str(e)
        else: got.encode(); assert got.startswith('# %% [')


# ---- the stage

def corpus(n, seed=0):
    rng = random.Random(seed)
    names = ['x.py', 'x.h', 'x.csv', 'x.zzz', 'x.ipynb', 'Makefile', 'x.svg', 'bad.ipynb', 'x.md', 'big.py', 'big.zzz', 'big.csv']
    good = book(cell('code', '1+1', outputs=[]))
    text = lambda name: good if name == 'x.ipynb' else '{' if name == 'bad.ipynb' else 'y' * 120 if name[:3] == 'big' else 'x\n' * rng.randint(0, 9)
    return docs([dict(repo=f'r{rng.randint(0, 3)}', path=f'd{i}/{name}', text=text(name)) for i in range(n) for name in [rng.choice(names)]])


@pytest.mark.parametrize('seed', range(5))
def test_rows_in_are_rows_out_and_slices_give_the_same(seed):
    table = corpus(200, seed)
    kept, ledger = preprocess(table, max_bytes=110)
    assert ledger.schema == LEDGER and len(table) == len(kept) + n_dropped(ledger)
    assert not set(kept['doc_id'].to_pylist()) & set(ledger.filter(pc.equal(ledger['action'], 'drop'))['doc_id'].to_pylist())
    assert pc.all(pc.equal(kept['n_bytes'], pc.binary_length(kept['text']))).as_py() and kept.schema == SCHEMA
    assert kept['lang'].null_count == kept['doc_type'].null_count == 0
    assert not set(kept['lang'].to_pylist()) & (set(EXCLUDED) - {'jupyter notebook'})
    parts = [preprocess(table.slice(i, 37), max_bytes=110) for i in range(0, 200, 37)]
    assert pa.concat_tables(p[0] for p in parts).to_pylist() == kept.to_pylist()
    key = lambda t: sorted(map(str, t.to_pylist()))
    assert key(pa.concat_tables(p[1] for p in parts)) == key(ledger)


def test_notebooks_change_and_their_hash_goes():
    table = corpus(60)
    table = table.set_column(10, SCHEMA.field('sha256'), pa.array([b'\1' * 32] * 60, pa.binary(32)))
    kept, ledger = preprocess(table)
    changed = set(ledger.filter(pc.equal(ledger['action'], 'change'))['doc_id'].to_pylist())
    assert changed and all((r['sha256'] is None) == (r['doc_id'] in changed) for r in kept.to_pylist())
    before = {r['doc_id']: r['n_bytes'] for r in table.to_pylist()}
    after = {r['doc_id']: r['n_bytes'] for r in kept.to_pylist()}
    for r in ledger.to_pylist():
        if r['action'] == 'change': assert (r['n_bytes'], r['value']) == (before[r['doc_id']], after[r['doc_id']])


def test_notebooks_can_stay_excluded():
    kept, ledger = preprocess(corpus(60), notebooks=False)
    assert 'jupyter notebook' not in kept['lang'].to_pylist() and 'type_excluded' in ledger['rule'].to_pylist() and 'notebook_broken' not in ledger['rule'].to_pylist()


def test_cap_is_inclusive_to_the_byte():
    for n, stays in ((8_000_000, 1), (8_000_001, 0)):
        kept, ledger = preprocess(docs([dict(repo='r', path='a.py', text='é' * (n // 2) + 'x' * (n % 2))]))
        assert len(kept) == stays
        if not stays: assert ledger.to_pylist()[0] | {} and (ledger['rule'][0].as_py(), ledger['value'][0].as_py(), ledger['threshold'][0].as_py()) == ('too_large', n, 8e6)


def test_extra_columns_and_slices_survive():
    table = corpus(50).append_column('mine', pa.array(range(50)))
    kept, _ = preprocess(table.slice(5, 40))
    assert kept.column_names[-1] == 'mine' and unfold(kept.slice(0, 0))[0].schema == kept.schema
    everything, _ = preprocess(table, excluded=())
    assert 'csv' in everything['lang'].to_pylist()


if __name__ == '__main__': TABLE.write_text(from_checkout(sys.argv[1]), encoding='utf-8')
