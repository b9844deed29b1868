"""The lexer: small texts by language, regular tables against one regular expression, random bytes, and time that grows with the text."""
import random
import time

import numpy as np
import pyarrow as pa
import pytest

from opencookbook.data import lexer
from opencookbook.data.lexer import QUOTE, STRING, TABLES, lex_plain, lexed


def column(texts: list[str]) -> pa.Array: return pa.array(texts, pa.large_string())


def picture(text: str, lang: str) -> str: return ''.join('.#dsq'[c] for c in lexed(column([text]), [lang])[0])


# a text; below it what each byte is: . code, # comment, d docstring, s words of a literal, q its quotes
CASES = [
    ('c', 'a = "//"; // b', '....qssq..####'),
    ('c', "'\"' '\\'' '\\x1b'", "qsq.qssq.qssssq"),
    ('c', '// a\\\nb\nc', '#######..'),
    ('c', '/* a // */b', '##########.'),
    ('cpp', 'R"(a")" b', 'qqqssqq..'),
    ('cpp', "1'000'000", '.........'),
    ('csharp', '@"a\\" b', 'qqssq..'),
    ('csharp', '$"{a["k"]}{{"', 'qqq..qsq.qssq'),
    ('go', '`a\\`"b"', 'qssqqsq'),
    ('java', '"""a"b"""c', 'qqqsssqqq.'),
    ('javascript', '`${`${a}`}`', 'qqqqqq.qqqq'),
    ('javascript', 'a / b / "c"', '........qsq'),
    ('javascript', 'return /"/; "a"', '............qsq'),
    ('javascript', 'x = /[/"]/; "a"', '............qsq'),
    ('javascript', "'a\nb'", "qs..q"),
    ('python', '"""a"""\nb = """c"""', 'ddddddd.....qqqsqqq'),
    ('python', "f(\n'a'\n)", '...qsq..'),
    ('python', 'x = \\\n"a"', '......qsq'),
    ('python', 'Rb"a" # b', 'ddddd.###'),
    ('python', '"a".b', 'qsq..'),
    ('python', '#!/a\n1', '####..'),
    ('rust', 'r##"a"#"##b', 'qqqqsssqqq.'),
    ('rust', "'a: &'b '\\''", '........qssq'),
    ('rust', '#![a] // b', '......####'),
    ('rust', '/* /* */ */a', '###########.'),
    ('swift', '#"a"b"#c', 'qqsssqq.'),
    ('swift', '"\\(a("b"))c"', 'qqq..qsq.qsq'),
    ('kotlin', '"${m["a"]}b"', 'qqq..qsq.qsq'),
    ('scala', "'a 'b'", '...qsq'),
    ('lua', '--[[a]]b', '#######.'),
    ('lua', '[=[a]]]=]b', 'qqqsssqqq.'),
    ('haskell', 'a --> b -- c', '........####'),
    ('haskell', "x' = 'a'", '.....qsq'),
    ('haskell', '{- {- -} -}a', '###########.'),
    ('sql', "'it''s' -- a", 'qssqqsq.####'),
    ('plpgsql', '$a$ b $$ $a$c', 'qqqssssssqqq.'),
    ('shell', 'a$# # b', '....###'),
    ('shell', '"$(a "b")" #c', 'qqq..qsqqq.##'),
    ('shell', "cat <<'A'\n'\nA\nb # c", '..........ssq...###'),
    ('ruby', '=begin\n"\n=end\n"#{a}"', '#############.qqq.qq'),
    ('ruby', '<<~A\n#{"}\nA\n#b', '.....sssssq.##'),
    ('perl', '=pod\n"\n=cut\n$#a # b', '###########.....###'),
    ('yaml', "a: 'b' # it's", '...qsq.######'),
    ('yaml', "don't #a", '......##'),
    ('toml', "a = '\\' # b", '....qsq.###'),
    ('html', '<a b="c">d\'e</a>', '.....qsq........'),
    ('html', "<SCRIPT>'</SCRIPT>'", '........q..........'),
    ('html', '<style>/* a */</style>', '.......#######........'),
    ('php', "a'<?php 'b' // c ?>'", "........qsq.#####..."),
    ('tex', '\\% a % b', '.....###'),
    ('vim script', '" a\nlet b = "c"', '###.........qsq'),
    ('batchfile', 'REM a\nremove', '#####.......'),
    ('erlang', '$" % a', '...###'),
    ('common lisp', '#\\; ; a', '....###'),
    ('cmake', '#[[a]]b [=[c]=]', '######..qqqsqqq'),
    ('json', '{"a": "\\""}', '.qsq..qssq.'),
    ('scss', 'url(http://a) // b', '..............####'),
    ('matlab', "a' 'b' % c", '...qsq.###'),
]


@pytest.mark.parametrize('lang,text,want', [c for c in CASES if len(c[1].encode()) == len(c[2])], ids=lambda x: None)
def test_small(lang, text, want): assert picture(text, lang) == want


def test_all_cases_are_well_formed(): assert [c for c in CASES if len(c[1].encode()) != len(c[2])] == []


def regular() -> list[str]:
    "Languages whose marks are regular: no conditions, no nesting, no code inside."
    plain = lexer._ESCAPE | lexer._ONE_LINE | lexer._SPLICE
    return sorted(lang for lang, ms in TABLES.items() if all(m.kind in (0, 1, 2, 3) and not m.inner and not m.flags & ~plain for m in ms))


def test_regular_tables_against_one_expression():
    rng, langs = random.Random(1), regular()
    assert len(langs) > 40
    signs = ['"', "'", '"""', '\\', '\n', '\r\n', '//', '/*', '*/', '#', '--', 'a', ' ', 'é', '`', '::', ';']
    for i in range(20_000):
        text, lang = ''.join(rng.choices(signs, k=rng.randint(0, 12))), rng.choice(langs)
        if text.startswith('#!'): continue
        got = lexed(column([text]), [lang])[0]
        assert np.where(got == QUOTE, STRING, got).tolist() == lex_plain(text.encode(), TABLES[lang]).tolist(), (lang, text)


def test_random_bytes_and_random_marks():
    rng, langs = random.Random(2), sorted(TABLES)
    marks = sorted({w for ms in TABLES.values() for m in ms for w in (m.open, m.close, m.inner) if w})
    texts = [b''.join(rng.choices(marks, k=rng.randint(0, 20))).decode() if i % 2 else rng.randbytes(rng.randint(0, 40)).decode('latin-1') for i in range(100_000)]
    classes, doubts = lexed(column(texts), rng.choices(langs, k=len(texts)))
    assert len(classes) == sum(len(t.encode()) for t in texts) and classes.max() == QUOTE and doubts.min() == 0


def test_a_slice_reads_as_the_whole():
    texts = ['# a\n', 'x = "b"', '/* c */'] * 3
    whole, parts = lexed(column(texts), ['c'] * 9)[0], lexed(column(texts).slice(3, 3), ['c'] * 3)[0]
    assert parts.tolist() == whole[len(whole) // 3:2 * len(whole) // 3].tolist()
    assert lexed(pa.chunked_array([column(texts[:4]), column(texts[4:])]), ['c'] * 9)[0].tolist() == whole.tolist()


def test_nothing_at_all():
    classes, doubts = lexed(column([]), [])
    assert (len(classes), len(doubts)) == (0, 0)
    assert lexed(column(['', 'a']), ['c', 'no such language'])[1].tolist() == [0, -1]


WORST = [('(', 'javascript'), ('(/[', 'javascript'), ('R"a(', 'cpp'), ('<<A\n', 'shell'), ('"${', 'kotlin'), ('  #', 'shell'), ('[=[', 'lua'), ('$a$b', 'sql'),
         ("'", 'python'), ('"""\'', 'python'), ('<script>', 'html'), ('a / ', 'javascript'), ('/**/', 'javascript'), ('/*', 'rust'), ('-', 'haskell'), ('[=', 'lua'),
         ('r#', 'rust'), ('   ', 'python'), ('\\', 'python'), ('  "a"\n', 'python'), ('<a ', 'html'), ('<?php ?>', 'php'), ('"$(', 'shell'), ('=pod\n', 'perl'), ('"{$', 'php')]


def seconds(text: str, lang: str) -> float:
    began = time.process_time()
    lexed(column([text]), [lang])
    return time.process_time() - began


@pytest.mark.parametrize('piece,lang', WORST)
def test_time_is_linear(piece, lang):
    seconds(piece, lang)
    small, large = piece * (500_000 // len(piece)), piece * (4_000_000 // len(piece))
    once = min(seconds(small, lang) for _ in range(3))
    assert seconds(large, lang) < 8 * 2 * once + .05


def test_wrong_marks():
    with pytest.raises(ValueError, match='is no kind and no flag'): lexer.mark('line', '#', '', 'upside down')
    with pytest.raises(ValueError, match='names no table'): lexer.pack({'a': (lexer.mark('enter', '<', table='b'),)})
