"""The stage `copyright`: planted notices, code that must not be lost, hard inputs; the kernel is the plain lexer."""
import ast
import csv
import random
import re
import site
import time
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

from opencookbook.core.doc import docs
from opencookbook.core.ledger import n_dropped
from opencookbook.data.copyright import DOC, LIMIT, copyright, cut, head_ends, judge, lex, mentions, syntaxes
from opencookbook.data.preprocess import language, type_paths

SAMPLES = Path(__file__).resolve().parent.parent/'data_samples'
with open(SAMPLES/'notices.csv', newline='', encoding='utf-8') as f: NOTICES = {r['name']: r['text'] for r in csv.DictReader(f)}

line = lambda mark: lambda text: ''.join(f'{mark} {l}'.rstrip() + '\n' for l in text.split('\n'))
block = lambda a, b: lambda text: f'{a}\n{text}\n{b}\n'
starred = lambda text: '/*\n' + ''.join(f' * {l}'.rstrip() + '\n' for l in text.split('\n')) + ' */\n'
boxed = lambda text: '#' * 79 + '\n' + ''.join(f'# {l:<75} #\n' for l in text.split('\n')) + '#' * 79 + '\n'

STYLES = {
    'python': [line('#'), boxed, block('"""', '"""'), block("r'''", "'''")], 'c': [line('//'), starred, block('/*', '*/')], 'cpp': [line('//'), starred, block('/**', '**/')],
    'java': [starred, block('/*-', ' */')], 'javascript': [starred, line('//'), block('/*!', '*/')], 'typescript': [starred, line('//')], 'go': [line('//'), starred],
    'rust': [line('//'), starred, line('//!')], 'csharp': [line('//'), starred], 'ruby': [line('#'), block('=begin', '=end')], 'php': [starred, line('//'), line('#')],
    'shell': [line('#'), boxed], 'perl': [line('#'), block('=pod\n', '\n=cut')], 'html': [block('<!--', '-->')], 'xml': [block('<!--', '-->')], 'css': [starred], 'scss': [line('//'), starred],
    'sql': [line('--'), starred], 'lua': [line('--'), block('--[[', ']]'), block('--[==[', ']==]')], 'haskell': [line('--'), block('{-', '-}')], 'r': [line('#')], 'kotlin': [starred],
    'swift': [line('//')], 'scala': [starred], 'fortran': [line('C'), line('*'), line('!')], 'fortran free form': [line('!')], 'vhdl': [line('--')], 'erlang': [line('%%')], 'matlab': [line('%'), block('%{', '%}')],
    'tex': [line('%')], 'emacs lisp': [line(';;')], 'common lisp': [line(';;;'), block('#|', '|#')], 'ocaml': [block('(*', '*)')], 'pascal': [block('{', '}'), block('(*', '*)'), line('//')],
    'visual basic .net': [line("'")], 'batchfile': [line('REM'), line('::'), line('@rem')], 'vim script': [line('"')], 'powershell': [line('#'), block('<#', '#>')], 'cmake': [line('#'), block('#[[', ']]')],
    'yaml': [line('#')], 'toml': [line('#')], 'ini': [line(';'), line('#')], 'makefile': [line('#')], 'dockerfile': [line('#')], 'julia': [line('#'), block('#=', '=#')], 'assembly': [line(';'), starred],
    'jinja': [block('{#', '#}')], 'm4': [line('dnl')], 'clojure': [line(';;')], 'protocol buffer': [line('//')], 'cuda': [line('//'), starred], 'dart': [line('//')], 'elixir': [line('#')]}

ABOVE = {  # what may stand above a notice, and stays
    'top': ('', None), 'blank lines': ('\n\n', None), 'mark': ('\ufeff', None), 'shebang': ('#!/usr/bin/env x\n', ('python', 'shell', 'ruby', 'perl', 'javascript', 'lua', 'julia', 'r', 'php')),
    'coding': ('# -*- coding: utf-8 -*-\n', ('python', 'ruby')), 'shebang, coding': ('#!/usr/bin/python\n# coding: utf-8\n', ('python',)), 'frozen': ('# frozen_string_literal: true\n\n', ('ruby',)),
    'prolog': ('<?xml version="1.0" encoding="utf-8"?>\n', ('xml',)), 'doctype': ('<!DOCTYPE html>\n', ('html',)), 'guard': ('#ifndef A_H\n#define A_H\n\n', ('c', 'cpp')), 'once': ('#pragma once\n', ('cuda', 'cpp')),
    'strict': ("'use strict';\n", ('javascript',)), 'pragma': ('{-# LANGUAGE GADTs #-}\n', ('haskell',)), 'echo off': ('@echo off\n', ('batchfile',)), 'document': ('---\n', ('yaml',)), 'charset': ('@charset "utf-8";\n', ('scss', 'css'))}
CODE = '\nq = q0 ~ 1\n'
clear = lambda text: re.sub(r'\s', '', text)


def planted():
    "(what it is, language, what is above, the comment, the code)"
    for lang, styles in STYLES.items():
        for i, style in enumerate(styles):
            for name, text in NOTICES.items():
                for place, (above, only) in ABOVE.items():
                    if only and lang not in only: continue
                    yield f'{lang}/{i}/{name}/{place}', lang, above + ('<?php\n' if lang == 'php' else ''), style(text), CODE


def run(rows: list[tuple[str, str]], **kw) -> tuple[list[str], pa.Table, pa.Table]:
    "Texts without notices, the table, the ledger; rows are language and text."
    table = docs([dict(repo='r', path=str(i), text=t, lang=l, doc_type='code', sha256=b'0' * 32) for i, (l, t) in enumerate(rows)])
    after, ledger = copyright(table, **kw)
    assert len(after) == len(table) and n_dropped(ledger) == 0 and after['doc_id'] == table['doc_id']
    return after['text'].to_pylist(), after, ledger


def one(lang: str, text: str) -> str: return run([(lang, text)])[0][0]


def real(share: int, most: int = 1_500) -> list[tuple[str, str, str]]:
    "Path, language and text of the samples, and of some installed files."
    paths = [p for top in ('files', 'repos') for p in sorted((SAMPLES/top).rglob('*')) if p.is_file()]
    paths += list(islice((p for i, p in enumerate(sorted(Path(site.getsitepackages()[0]).rglob('*'))) if i % share == 0 and p.is_file() and p.stat().st_size < 60_000), most))
    found = [(p, kind[0]) for p in paths if (kind := language(p.name)) and kind[0] in syntaxes()]
    texts = [(str(p), lang, p.read_bytes().decode('utf-8', 'replace')) for p, lang in found]
    assert len(texts) > 150
    return texts


# ---- notices go

def test_planted_notices_are_removed():
    cases = list(planted())
    assert len(NOTICES) >= 30 and len(STYLES) >= 20
    texts, _, _ = run([(lang, above + comment + code) for _, lang, above, comment, code in cases])
    left = [name for (name, _, above, _, code), got in zip(cases, texts) if clear(got) != clear(above + code)]
    assert len(left) <= .01 * len(cases), (len(left), len(cases), left[:20])


def test_documentation_beside_a_notice_stays():
    doc = 'Turns gears by one tooth.\n\nEvery gear knows its neighbours; nobody counts twice.'
    for name, text in NOTICES.items():
        for lang, style in (('c', starred), ('python', line('#')), ('python', block('"""', '"""')), ('haskell', block('{-', '-}'))):
            above, below = one(lang, style(doc + '\n\n' + text) + CODE), one(lang, style(text + '\n\n' + doc) + CODE)
            for got in (above, below):
                assert all(l in got for l in doc.split('\n')) and got.endswith(CODE), (name, got)
                assert len(clear(got)) <= len(clear(style(doc) + CODE)) + 3, (name, got)


def test_two_notices_and_what_is_between():
    apache, mit = (starred(NOTICES[n]) for n in ('apache', 'mit'))
    assert one('java', f'{apache}\n/** Counts. */\n{mit}\nclass A {{}}\n') == '/** Counts. */\n\nclass A {}\n'


def test_tags_become_a_column():
    table = docs([dict(repo='r', path=str(i), text=t, lang='c') for i, t in enumerate([
        '// SPDX-License-Identifier: MIT OR Apache-2.0\nint a;\n', '/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */\n', 'int a; // SPDX-License-Identifier: MIT\n',
        '// SPDX-License-Identifier: MIT OR ISC\n// SPDX-License-Identifier: BSD-2-Clause\n// SPDX-License-Identifier: BSD-2-Clause\n', ''])])
    after, _ = copyright(table)
    assert after['spdx'].to_pylist() == ['MIT OR Apache-2.0', 'GPL-2.0 WITH Linux-syscall-note', None, '(MIT OR ISC) AND BSD-2-Clause', None]
    again, ledger = copyright(after)
    assert again == after and len(ledger) == 0


# ---- code stays

@pytest.mark.parametrize('lang, text', {
    'no comment': ('c', '#include <x.h>\nint a;\n'), 'in a string': ('python', 'x = "# Copyright (c) 2020 A"\n'), 'in the middle': ('javascript', 'f();\n/* Copyright (c) 2006 A */\ng();\n'),
    'unclosed': ('c', '/* Copyright (c) 2006 A\nint a;\n'), 'unclosed nest': ('rust', '/* Copyright /* (c) 2006 A */\nfn a() {}\n'), 'other syntax': ('python', '// Copyright (c) 2006 A\n'),
    'goes on': ('c', '// Copyright (c) 2006 A \\\nint a;\n'), 'old line ends': ('c', '// Copyright (c) 2006 A\rint a;\n'), 'separator': ('javascript', '// Copyright (c) 2006 A\u2028a()\n'), 'php ends': ('php', '<?php // Copyright (c) 2006 A ?><b>\n'),
    'no php': ('php', '# Copyright (c) 2006 A\n<?php\n'), 'attribute': ('php', '<?php\n#[Copyright("(c) 2006 A")]\nclass A {}\n'), 'rust attribute': ('rust', '#![doc = "Copyright (c) 2006 A"]\n'),
    'sql hint': ('sql', '/*! Copyright (c) 2006 A */\nselect 1;\n'), 'conditional': ('html', '<!--[if IE]> Copyright (c) 2006 A <![endif]-->\n'), 'directive': ('pascal', '{$I copyright (c) 2006}\n'),
    'expression': ('python', '"""Copyright (c) 2006 A""".strip()\n'), 'called': ('python', '"""Copyright (c) 2006 A\n"""; f()\n'), 'format': ('python', 'f"""Copyright (c) 2006 A"""\n'), 'bytes': ('python', 'b"""Copyright (c) 2006 A"""\n'),
    'read': ('python', '"""Copyright (c) 2006 A"""\nprint(__doc__)\n'), 'glued': ('php', '<?php/* Copyright (c) 2006 A */echo 1;\n'), 'not column 1': ('fortran', '      C = 2006\n'), 'level': ('lua', '--[===[ Copyright (c) 2006 A\n]===]\n'),
    'unknown language': ('tlön', '# Copyright (c) 2006 A\n'), 'long string': ('python', "'Copyright (c) 2006 A'\n"), 'datum': ('scheme', '#;(copyright 2006 a)\n')}.values())
def test_code_is_not_touched(lang, text):
    assert one(lang, text) == text


@pytest.mark.parametrize('text', [
    'How this module finds a copyright notice: it looks for the words "copyright", "license" or "(c)"\nbeside a year or a name.', 'Checks that every file begins with a licence header, and adds one where it is missing.',
    'Plates: reads the license plate of a car from a picture.', 'license_key: the key that the customer got by mail', 'Returns the permission bits of a file.', 'Note: the warranty of a pump ends after two years.', 'The public domain name of the host.',
    '(a) first, (b) second, (c) third: all rights of a folder', 'Copies the rights from one folder to another.', 'Parses SPDX expressions, as in licence fields.', 'TODO: see #12 for what the license server answers', 'Redistributes keys over the nodes.'])
def test_what_only_speaks_of_rights_stays(text):
    for lang, style in (('python', line('#')), ('java', starred), ('python', block('"""', '"""'))):
        assert one(lang, style(text) + CODE) == style(text) + CODE


def tree(text: str) -> str:
    "The program without the module's docstring."
    parsed = ast.parse(text)
    if ast.get_docstring(parsed, clean=False) is not None: parsed.body.pop(0)
    return ast.dump(parsed)


def tokens(lexer, text: str) -> list[tuple]:
    "What is no comment, for another lexer."
    from pygments.token import Comment, String, Text
    return [(str(k), v.strip()) for k, v in lexer.get_tokens(text) if v.strip() and k not in Text and k not in String.Doc and (k not in Comment or k in Comment.Preproc or k in Comment.Hashbang)]


def test_no_code_is_lost_in_real_files():
    lexers, util = pytest.importorskip('pygments.lexers'), pytest.importorskip('pygments.util')
    files = real(40)
    texts, _, ledger = run([(lang, text) for _, lang, text in files])
    changed, checked = 0, 0
    for (path, lang, before), after in zip(files, texts):
        if before == after: continue
        changed += 1
        if lang == 'python':
            try: want = tree(before)
            except (SyntaxError, ValueError): continue
            assert tree(after) == want, path
        else:
            try: lexer = lexers.get_lexer_by_name(lang)
            except util.ClassNotFound: continue
            assert tokens(lexer, after) == tokens(lexer, before), path
        checked += 1
    assert changed == len(ledger) and checked > .8 * changed > 20


def test_only_comments_go_and_nothing_comes():
    for path, lang, text in real(200, 300):
        head = text.encode()[:lex(text.encode(), syntaxes()[lang])[1]]
        found, comments = judge(head, syntaxes()[lang]), lex(head, syntaxes()[lang])[0]
        inside = bytearray(len(head))
        for c in comments: inside[c.start:c.end] = b'x' * (c.end - c.start)
        for a, b in found.spans: assert all(inside[i] or head[i:i + 1].isspace() for i in range(a, b)), path


def test_samples_do_what_they_are_listed_for():
    with open(SAMPLES/'samples.csv', newline='', encoding='utf-8') as f: rows = [r for r in csv.DictReader(f) if r['path'].startswith('files/headers/')]
    table = docs([dict(repo='r', path=r['path'], text=(SAMPLES/r['path']).read_text(encoding='utf-8')) for r in rows])
    table = table.set_column(table.schema.get_field_index('lang'), 'lang', type_paths(table['path'])[0])
    gone = set(copyright(table)[1]['path'].to_pylist())
    assert gone == {r['path'] for r in rows if r['expect'] in ('copyright/remove', 'copyright/tag')}


# ---- the table and the ledger

def test_ledger_says_which_bytes():
    text = '#!/bin/sh\n# Copyright (c) 2006 A\n\necho\n'
    (got,), after, ledger = run([('shell', text)])
    row = ledger.to_pylist()[0]
    assert (row['stage'], row['action'], row['rule'], row['value']) == ('copyright', 'change', 'notice', 23.)
    a, b = map(int, re.search(r'bytes (\d+)-(\d+)', row['note']).groups())
    assert got == text[:a] + text[b:] == '#!/bin/sh\n\necho\n' and after['n_bytes'].to_pylist() == [len(got)] and after['sha256'].to_pylist() == [None] and row['n_bytes'] == len(text)


def test_a_file_that_is_all_notice_stays_as_an_empty_one():
    texts, after, ledger = run([('python', line('#')(NOTICES['mit'])), ('c', 'int a;\n'), ('c', starred(NOTICES['gpl2']))])
    assert texts == ['', 'int a;\n', ''] and ledger['rule'].to_pylist() == ['only_notice'] * 2


def test_unchanged_batches_are_not_copied():
    table = docs([dict(repo='r', path=str(i), text='int a;\n' * i, lang='c') for i in range(50)])
    after, ledger = copyright(table)
    assert len(ledger) == 0 and after['text'].chunk(0).buffers()[2].address == table['text'].chunk(0).buffers()[2].address


def test_slices_and_chunks():
    rows = [('c', f'// Copyright (c) {2000 + i} A\nint a{i};\n' if i % 3 else f'int b{i};\n') for i in range(20)]
    table = docs([dict(repo='r', path=str(i), text=t, lang=l) for i, (l, t) in enumerate(rows)])
    want = run(rows)[0]
    for t in (table.slice(7, 9), pa.concat_tables([table.slice(0, 3), table.slice(3)]), table.slice(20)):
        at = [int(p) for p in t['path'].to_pylist()]
        assert copyright(t)[0]['text'].to_pylist() == [want[i] for i in at]


@given(st.lists(st.tuples(st.text(max_size=20), st.lists(st.integers(0, 30), max_size=6)), max_size=8))
@settings(max_examples=300, deadline=None)
def test_cut_is_slicing(items):
    texts = [t.encode('ascii', 'replace').decode() for t, _ in items]
    spans = [list(zip(*[iter(sorted({min(p, len(t)) for p in ps}))] * 2)) for t, (_, ps) in zip(texts, items)]
    want = [''.join(t[a:b] for a, b in zip([0, *(b for _, b in s)], [*(a for a, _ in s), len(t)])) for t, s in zip(texts, spans)]
    assert cut(pa.array(texts, pa.large_string()), spans).to_pylist() == want


@pytest.mark.parametrize('kw, word', [(dict(limit=0), 'limit'), (dict(limit='8'), 'limit'), (dict(limit=True), 'limit')])
def test_wrong_settings(kw, word):
    with pytest.raises(ValueError, match=word): run([('c', '')], **kw)


def test_documents_need_a_language():
    with pytest.raises(ValueError, match='run preprocess'): copyright(docs([dict(repo='r', path='a', text='')]))


# ---- the kernel is the plain lexer

def same(rows: list[tuple[str, bytes]], limit: int = LIMIT) -> None:
    texts = pa.array([t for _, t in rows], pa.large_binary())
    texts = pa.LargeStringArray.from_buffers(len(texts), texts.buffers()[1], texts.buffers()[2])  # the kernel must bear bytes that are no text
    got = head_ends(pa.table(dict(text=texts, lang=[l for l, _ in rows])), limit).tolist()
    assert got == [lex(t, syntaxes()[l], limit)[1] for l, t in rows]


def test_kernel_on_real_files():
    same([(lang, text.encode()) for _, lang, text in real(8, 4_000)])


def test_kernel_on_random_bytes():
    rng, langs = random.Random(0), sorted(syntaxes())
    parts = sorted({p for marks in syntaxes().values() for m in marks for p in m[1:] if p} | {b' ', b'\n', b'\r\n', b'\r', b'x', b'\\', b'"', b"'", b'?>', b'\xe2\x80\xa8', b'\0', b'\xff', b'#!', b'\xef\xbb\xbf', b'(c) 2010 A'})
    for limit in (LIMIT, 40, 7):
        rows = []
        for _ in range(10_000):
            lang = rng.choice(langs)
            own = [p for m in syntaxes()[lang] for p in m[1:] if p] * 3
            rows.append((lang, b''.join(rng.choices(own + parts + [b'\n', b' '] * 8, k=rng.randint(0, 14)))))
        same(rows + [(rng.choice(langs), rng.randbytes(rng.randint(0, 60))) for _ in range(3_000)], limit)


def test_no_head_crashes_the_judge():
    rng, langs = random.Random(1), sorted(syntaxes())
    words = [b'// ', b'/* ', b' */', b'# ', b'"""', b'\n', b'\n\n', b'\r\n', b'\r', b'Copyright (c) 2010 A', b'All rights', b' reserved', b'licensed under the mit license', b'|', b', ', b'\xc2\xa9', b'This works.', b'SPDX-License-Identifier: MIT', b'-*-', b'----']
    for _ in range(10_000):
        lang, head = rng.choice(langs), b''.join(rng.choices(words, k=rng.randint(0, 20)))
        spans = judge(head, syntaxes()[lang]).spans
        assert all(0 <= a < b <= len(head) for a, b in spans) and all(x[1] <= y[0] for x, y in zip(spans, spans[1:]))
        assert mentions(head) or not spans


def test_a_notice_needs_a_word_that_is_looked_for():
    for path, lang, text in real(60, 1_000):
        head = text.encode()[:lex(text.encode(), syntaxes()[lang])[1]]
        assert mentions(head) or not judge(head, syntaxes()[lang]).spans, path


# ---- hard inputs

BIG = 8 << 20
HARD = {'empty': '', 'one byte': '#', 'one blank': ' ', 'only comments': '# a\n' * 1000, 'one line': '# ' + 'Copyright (c) 2010 ' * (BIG // 19), 'brackets': '(' * BIG, 'unclosed': '/* Copyright (c) 2010 A\n' * (BIG // 24), 'zero': '// Copyright (c) 2010\0 A\n\0',
        'returns': '// Copyright (c) 2010 A\r' * 1000, 'mark': '\ufeff', 'blanks': ' \n' * (BIG // 2), 'notices': '// Copyright (c) 2010 A\n\n' * (BIG // 25), 'bars': '// (c) ' + '| ' * (BIG // 2), 'commas': '/* ' + 'a, ' * (BIG // 3) + '*/', 'backslashes': '"""' + '\\' * BIG,
        'opens': '/*' * (BIG // 2), 'slashes': '/' * BIG, 'lines': '//\n' * (BIG // 3), 'nest': '/*' * 30_000 + '*/' * 30_000, 'hashes': '#\n' * 30_000 + '# (c) 2010 A\n', 'spaces': '/* Copyright' + ' ' * 60_000 + '*/', 'rights': '# droits r' + 'xserv' * 12_000 + '\n'}


@pytest.mark.parametrize('name', HARD)
def test_hard_inputs(name):
    for lang in ('c', 'python', 'rust', 'html', 'ocaml'):
        text = HARD[name]
        began = time.process_time()
        got = one(lang, text)
        assert time.process_time() - began < 3 and len(got) <= len(text) and len(got) >= len(text) - LIMIT


@pytest.mark.parametrize('piece', ['// Copyright (c) 2010 A\n\n', '//\n', '/**/', '// a, b | (c)\n', '/* (c) ', '# "', '// licensed under the\n', '// the a, gnu a, \n', '/* Copyright */ '])
def test_time_is_linear_without_a_limit(piece):
    def seconds(n):
        text = piece * n
        began = time.process_time(); run([('c', text), ('python', text)], limit=1 << 30)
        return time.process_time() - began
    seconds(10)
    once = min(seconds(40_000 // len(piece)) for _ in range(3))
    assert min(seconds(160_000 // len(piece)) for _ in range(2)) < 10 * once + .05


def test_only_whole_lines_in_view_are_judged():
    long = '/*\n' + 'word\n' * 20_000 + ' Copyright (c) 2010 A\n*/\nint a;\n'
    assert one('c', long) == long and run([('c', long)], limit=1 << 20)[0] != [long]
    assert one('c', '// Copyright (c) 2010 A\n' + '// more\n' * 20_000 + 'int a;\n').startswith('// more\n')


def test_docstrings_are_python():
    with_doc = {lang for lang, marks in syntaxes().items() if any(m.kind == DOC for m in marks)}
    assert {'python', 'cython', 'starlark'} <= with_doc and not with_doc & {'julia', 'javascript', 'c'}
