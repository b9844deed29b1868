"""Signals of words: the kernel against its definition, tables against Python and `regex`, hard files, linear time, and the released filter itself.

What the released filter computes is looked for in the folder that OPENCOOKBOOK_SHARED names (else beside the repository), the archives of the packages in the
one that OPENCOOKBOOK_GOLDEN names; without them that test skips.
"""
import hashlib
import json
import math
import os
import random
import re
import tarfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings, strategies as st

from opencookbook.core.doc import docs, text_buffers
from opencookbook.data.counters import count_plain, counters
from opencookbook.data.plain import HARD, LONE, MANY, _MARK, SPACE, WORD, blank_page, bounds, changes, cut, in_parts, kind_of, letters, plainer, token_kinds, words_plain
from opencookbook.data.text_signals import _COUNTS, _WORD_SIGNALS, _desk, alphabet, kinds, measure_all, measure_easy, measure_plain, text_signals

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = Path(os.environ.get('OPENCOOKBOOK_SHARED', ROOT.parent/'shared'))/'data'/'golden'/'opc_filter_signals.parquet'
ARCHIVES = Path(os.environ.get('OPENCOOKBOOK_GOLDEN', ROOT.parent/'golden'))
CHARS = [chr(i) for i in range(0x110000)]
REAL = [c for c in CHARS if not 0xD800 <= ord(c) < 0xE000]

column = lambda texts: pa.array(texts, pa.large_string())
table = lambda *texts: docs([dict(repo='r', path=f'{i:09}', text=t) for i, t in enumerate(texts)])
one = lambda text, name, released=False: float(text_signals(table(text), released)[f'qsc_doc_{name}'][0])


def agree(texts: list[str], released: bool) -> None:
    got, want = measure_all(column(texts), released), np.array([[*measure_plain(t, released).values()] for t in texts]).reshape(-1, len(_COUNTS))
    wrong = np.argwhere(~np.isclose(got, want, rtol=1e-9, atol=1e-9))
    assert not len(wrong), [(_COUNTS[j], texts[i][:200], got[i, j], want[i, j]) for i, j in wrong[:3]]


# ---- the kernel is the definition

nasty = st.text(alphabet=st.sampled_from('aabB Z_09xXfF{}()<>[],.;:/?!\n\n\r\t\x0b\x1c\x85\0\x1béΣσς\u0301\u0345\u200b\u200d\u2009\u202c中文か한\u1100\u1161\u11a8ﬃ㏂ﷺ²½Ⅷⓐǅ٣ñç﹏¨，。！…【】《》•\ufeff\ufffd😀\U00020000\u0915\u094d'), max_size=80)


@pytest.mark.parametrize('released', [False, True])
@given(texts=st.lists(st.text(max_size=60) | nasty | nasty.map(lambda t: t * 4), max_size=6))
@settings(max_examples=150, deadline=None)
def test_kernel_equals_plain(released, texts): agree(texts, released)


@pytest.mark.parametrize('released', [False, True])
def test_kernel_equals_plain_on_every_sample(released):
    texts = []
    for p in sorted((ROOT/'data_samples').rglob('*')):
        if p.is_file() and p.stat().st_size < 200_000: texts.append(p.read_bytes().decode('utf-8', 'replace'))
    assert len(texts) > 200
    agree(texts, released)


@given(st.lists(nasty, min_size=1, max_size=8), st.data())
@settings(max_examples=50, deadline=None)
def test_slices_and_chunks_do_not_matter(texts, data):
    a, b = sorted((data.draw(st.integers(0, len(texts))), data.draw(st.integers(0, len(texts)))))
    whole = measure_all(column(texts))
    np.testing.assert_array_equal(measure_all(column(texts)[a:b]), whole[a:b])
    np.testing.assert_array_equal(measure_all(pa.chunked_array([column(texts[:a]), column(texts[a:])])), whole)


@pytest.mark.parametrize('c', ['a', '7', ' ', '{', '\ufffd', '中', '\n'])
def test_counts_of_long_runs(c):
    "Five counts share a number, which is emptied every 4,095 bytes."
    texts = [c * n for n in (4094, 4095, 4096, 12_285, 50_000)] + [('ab' + c) * 20_000]
    np.testing.assert_array_equal(counters(column(texts)), [list(count_plain(t).values()) for t in texts])


# ---- tables

@pytest.mark.parametrize('released', [False, True])
def test_kinds_are_python_over_all_code_points(released):
    bits = kinds(released)
    assert (bits & 7).tolist() == token_kinds(released).tolist() == [kind_of(c, released) for c in CHARS]
    assert [c for c in CHARS if bits[ord(c)] & 8] == [c for c in CHARS if re.match(r'\w', c)]
    assert [c for c in CHARS if bits[ord(c)] & 16] == [c for c in CHARS if c.isspace()]
    assert [c for c in CHARS if bits[ord(c)] & 32] == [c for c in CHARS if c.isupper() and not c.islower()]
    assert [c for c in CHARS if bits[ord(c)] & 64] == [c for c in CHARS if c.islower() or c.istitle() and not c.isupper()]


def test_words_are_those_of_the_regex_engine():
    "On all characters that this Python's Unicode knows: unassigned ones are symbols to us."
    regex, unicodedata = pytest.importorskip('regex'), pytest.importorskip('unicodedata')
    known = [c for c in REAL if unicodedata.category(c) != 'Cn']
    word, space = set(regex.findall(r'\w', ''.join(known))), set(regex.findall(r'\s', ''.join(known)))
    wrong = [c for c in known if kind_of(c, True) != (SPACE if c in space else WORD if c in word else 0)]
    assert not wrong, [hex(ord(c)) for c in wrong[:20]]
    rng = random.Random(0)
    for _ in range(300):
        text = ''.join(rng.choices(known[:0x3000], k=60)) + ' '.join(rng.choices(['naïve', 'x_1', '...', 'नमस्ते', '用'], k=5))
        assert words_plain(text, True) == regex.findall(r'\w+|[^\w\s]+', text)


def test_changes_are_plainer_over_all_characters():
    code, ends, points = changes()
    def by_table(c):
        k = int(code[ord(c)])
        return chr(k) if k < MANY else ''.join(map(chr, points[ends[k - MANY]:ends[k - MANY + 1]]))
    easy = [c for c in REAL if code[ord(c)] != HARD]
    assert [c for c in easy if by_table(c) != plainer(c)] == [] and len(easy) > 1_100_000
    assert max(len(by_table(c).encode(errors='surrogatepass')) / len(c.encode()) for c in easy) <= 3  # a page has room for no more
    rng, odd = random.Random(1), [c for c in easy if by_table(c) != c]
    for _ in range(3000):
        text = ''.join(rng.choices(odd, k=20) + rng.choices(easy[:0x30000], k=20))
        assert plainer(text) == ''.join(map(by_table, text))


def test_marks_are_not_lost_and_not_mistaken():
    for c in REAL:
        if any(_MARK <= ord(x) < _MARK + 128 for x in plainer(c)): assert len(plainer(c)) == 1 and kind_of(plainer(c)) == SPACE
    assert plainer('a.b') != plainer('a b') and words_plain(plainer('a.b')) == words_plain(plainer('a b'))


# ---- hard files

EIGHT = 8_000_000
PYTHON2 = 'print "turn %d" % 1\nexec "x = 1" in {}\n'
HARD_FILES = {'empty': '', 'one byte': 'x', 'blanks': ' \n\t\n  ', 'comments only': '# turn the mill\n' * 40, 'nul': 'a\0b\0', 'cr only': 'a\rb\rc', 'tabs': '\ta\n  \tb\n', 'names': 'größe = длина + 長さ\n',
              'python 2': PYTHON2, 'jsx': '<Mill turns={3}>{gears.map(g => <Gear key={g} />)}</Mill>\n', 'bom': '\ufeffx = 1\n', 'escapes': r'"\ud800 \udfff"', 'nested': '(' * 9999 + ')' * 9999,
              'marks': 'e\u0301' * 5000, 'fdfa': 'ﷺ' * 3000}


@pytest.mark.parametrize('released', [False, True])
def test_hard_files(released): agree([*HARD_FILES.values()], released)


def test_eight_megabytes():
    "In one line; of brackets; of a mark that needs the letter before it. Each in seconds, and right."
    col = column(['mill ' * (EIGHT // 5), '(' * EIGHT, '[],' * (EIGHT // 3), 'e\u0301 ' * (EIGHT // 4)])
    began = time.process_time()
    got = {n: measure_all(col)[:, _COUNTS.index(n)].tolist() for n in ('words', 'distinct', 'dupe_10', 'chars')}
    assert got['words'] == [EIGHT // 5, 0, 0, EIGHT // 4] and got['distinct'] == [1, 0, 0, 1]
    assert got['dupe_10'] == [EIGHT // 5 * 4, 0, EIGHT // 3 * 3 // 16 * 16, EIGHT // 4] and got['chars'][1] == EIGHT
    assert time.process_time() - began < 60


@pytest.mark.parametrize('unit', ['<', '(http://', '0x', '(', '[],', 'a ', '\n', ' ', '.', 'e\u0301', '•\n', '...]]\n', 'a\x08', 'ﷺ', '中', 'lalala', '(https://a)(', '0xF ', 'ab\r\n'])
def test_time_is_linear(unit):
    "Four times the input costs about four times as much; a quadratic walk would need sixteen."
    def cost(n):
        col = column([unit * (n // len(unit))])
        def once():
            began = time.process_time(); measure_all(col)
            return time.process_time() - began
        return min(once() for _ in range(3))
    cost(1000)
    assert cost(240_000) < 9 * cost(60_000)


def test_a_hundred_thousand_byte_strings():
    "No crash, no NaN among counts, nothing read beyond a document; the first are equal to plain on what the kernel took them for."
    rng = np.random.default_rng(0)
    sizes = rng.integers(0, 60, 100_000)
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    data = np.where(rng.random(offsets[-1]) < .6, rng.integers(0, 256, offsets[-1]), rng.choice(np.frombuffer(b' \n.<>(0xA_\xcc\x81\xe4\xb8\xad', np.uint8), offsets[-1])).astype(np.uint8)
    for released in (False, True):
        col = pa.LargeStringArray.from_buffers(len(sizes), pa.py_buffer(offsets), pa.py_buffer(data))
        out = measure_all(col, released)
        assert np.isfinite(out).all() and (out >= 0).all()
        for i in range(0, 2000):
            alone = measure_all(pa.LargeStringArray.from_buffers(1, pa.py_buffer(offsets[i:i + 2] - offsets[i]), pa.py_buffer(data[offsets[i]:offsets[i + 1]].copy())), released)
            np.testing.assert_array_equal(alone[0], out[i])
        valid = [(i, t) for i in range(20_000) if (t := as_text(data[offsets[i]:offsets[i + 1]])) is not None]
        assert len(valid) > 500
        for i, t in valid[:3000]: np.testing.assert_allclose(out[i], [*measure_plain(t, released).values()], rtol=1e-9, err_msg=repr(t))


def as_text(data: np.ndarray) -> str | None:
    try: return data.tobytes().decode()
    except UnicodeDecodeError: return None


def test_a_document_that_is_not_easy_is_left():
    texts = ['plain', 'e\u0301', 'ΑΣ', 'é']
    offsets, data = text_buffers(column(texts))
    offsets.flags.writeable = data.flags.writeable = False
    at, page, out = np.arange(5), blank_page(9), np.zeros((4, len(_COUNTS)))
    measure_easy(data, offsets, at, data, offsets, at[:4], alphabet(), False, np.ones(4, bool), page, _desk(page), out)
    assert out[:, 0].tolist() == [5, -1, -1, 1]


def test_one_kernel_for_whatever_buffers():
    "Arrow's buffers may be written on or not; numba would compile for each, in seconds."
    texts = column(['mill', 'e\u0301', 'x'])
    frozen = pa.LargeStringArray.from_buffers(3, pa.py_buffer(texts.buffers()[1].to_pybytes()), pa.py_buffer(texts.buffers()[2].to_pybytes()))
    assert frozen.equals(texts) and frozen.buffers()[2].is_mutable != texts.buffers()[2].is_mutable
    for col in (texts, frozen, texts[1:], texts[:0], pa.chunked_array([texts, frozen]), column([])): measure_all(col)
    assert len(measure_easy.signatures) == 1


def words_on(page, n: int) -> list[str]: return [page.text[a:b].tobytes().decode() for a, b in zip(page.begins[:n], page.begins[1:]) if page.what[a] & 7 != SPACE]


@given(st.text(max_size=60) | nasty | st.lists(nasty, max_size=6).map('\n'.join))
@settings(max_examples=400, deadline=None)
def test_a_page_is_plain_text(text):
    "Words, runs, characters and kinds on a page are those of the plain version, whichever lines are hard; nothing is written beyond it."
    plain, parts = in_parts(text)
    n_bytes = int(parts[-1])
    page, small, whole = blank_page(n_bytes), letters(token_kinds()), letters(token_kinds(), raw=True)
    n, chars = cut(plain, parts, 0, len(parts) - 1, small, whole, page)
    assert words_on(page, n) == words_plain(plainer(text))
    assert page.begins[n] <= 3 * n_bytes and (np.diff(page.begins[:n + 1]) > 0).all()
    kinds_, raw = page.what[page.begins[:n]], np.frombuffer(text.encode(), np.uint8)
    assert all(a != b or a == LONE for a, b in zip(kinds_, kinds_[1:]))
    n, chars = cut(raw, bounds(len(raw)), 0, 1, whole, whole, blank_page(len(raw)))
    assert chars == len(text)


def test_texts_that_shrink_and_grow_have_room(monkeypatch):
    "A line that is hard and shrinks to nothing beside a long raw text; characters that grow threefold; lost bytes."
    asked = []
    monkeypatch.setattr('opencookbook.data.text_signals.blank_page', lambda n: asked.append(n) or blank_page(20_000))
    measure_all(column(['\0' * 5000 + 'Σ']))
    assert asked[0] == asked[-1] == 5002
    monkeypatch.undo()
    agree(['\0' * 5000 + 'Σ', '\0' * 5000 + '\nΣ\n' + '½' * 5000, 'ﷺ' * 50 + 'x', '㍿' * 999, '⅐' * 999 + '\u0301'], False)
    lost = pa.LargeStringArray.from_buffers(1, pa.py_buffer(np.array([0, 5000])), pa.py_buffer(b'\xff' * 4998 + b'\xcc\x81'))
    assert measure_all(lost)[0, 0] == 4999


# ---- signals

def test_names_and_ranges():
    rng, texts = random.Random(3), ['', 'x', '\n']
    for _ in range(300): texts.append(' '.join(rng.choices(['mill', 'A', '【', '】', '<a>', '0x1F', '•', '中', '[],' * 9, '\n', '...', 'the'], k=rng.randint(0, 40))))
    found = text_signals(table(*texts))
    assert len(found) == 37 and len(_WORD_SIGNALS) == 36 and sum(n.startswith('qsc_code_') for n in found) == 12
    for name, v in found.items():
        assert v.dtype == np.float64 and v.shape == (303,)
        if '_frac_' in name and 'hyperlink' not in name: assert np.nanmax(v) <= 1 and np.nanmin(v) >= 0, name


def test_an_empty_document_has_counts_and_no_shares():
    for name, v in text_signals(table('')).items(): assert v[0] == 0 if '_num_words' in name or '_num_sentences' in name or '_cate_' in name else math.isnan(v[0]), name
    for name, v in text_signals(table(''), True).items():
        zero = any(s in name for s in ('num_words', 'num_sentences', 'cate_', 'top_', 'dupe_5', 'dupe_6', 'dupe_7', 'dupe_8', 'dupe_9', 'dupe_10', 'stop', 'sentence_length'))
        assert v[0] == 0 if zero else math.isnan(v[0]), name


def test_an_empty_table():
    assert all(len(v) == 0 for v in text_signals(table()).values())


def test_signals_of_text_alone_are_left_out_where_nobody_asks():
    rows = table('row row row\nyour boat\n', 'row row row\nyour boat\n')
    some, every = text_signals(rows, is_text=np.array([False, True])), text_signals(rows)
    for name in every:
        assert some[name][1] == every[name][1]
        shared = name.removeprefix('qsc_doc_').removeprefix('qsc_code_')
        if f'qsc_code_{shared}' in every: assert some[name][0] == every[name][0]
        elif 'cate_' not in name and not any(s in name for s in ('entropy',)): assert math.isnan(some[name][0]), name


@pytest.mark.parametrize('text, name, released, sound', [
    ('a\nb\na\n', 'frac_lines_dupe_lines', 2 / 3, 1 / 3), ('aa\nb\naa\naa', 'frac_chars_dupe_lines', 6 / 7, 4 / 7), ('la ' * 10, 'frac_chars_top_4grams', 2.8, 1.),
    ('[], ' * 500, 'frac_chars_dupe_5grams', 0., 1.), ('磨坊转动。磨坊转动。', 'num_words', 2., 8.), ('Is it? Yes.\n\n', 'num_chars_sentence_length_mean', 9 / 5, 9 / 2),
    ('磨坊 mill', 'mean_word_length', 3., 4.), ('- ' * 400, 'frac_chars_dupe_5grams', 0., math.nan)])
def test_quirks(text, name, released, sound):
    assert one(text, name, True) == pytest.approx(released, nan_ok=True)
    assert one(text, name) == pytest.approx(sound, nan_ok=True)


@pytest.mark.parametrize('text, name, value', [
    ('It turns. Does it...? Yes', 'num_sentences', 3), ('no stop at all', 'num_sentences', 1), ('... !!! ???', 'num_sentences', 0), ('磨坊。转动！', 'num_sentences', 2),
    ('see more...\nplain\n[all…]\nend 更多】\n', 'frac_lines_end_with_readmore', .75), ('...', 'frac_lines_end_with_readmore', 1), ('.. .', 'frac_lines_end_with_readmore', 0),
    ('  • a\n◦ b\nc •\n- d', 'frac_lines_start_with_bullet', .5), ('0x1F 0xg a0x2 0x 0XaB', 'frac_chars_hex_words', 8 / 21), ('é0x1 0x1é', 'frac_chars_hex_words', 0),
    ('(http://a) (https://b)) (http://)', 'frac_chars_hyperlink_html_tag', 22 / 33), ('<a<b>\n<c\n>', 'frac_chars_hyperlink_html_tag', .5), ('WE turn A4', 'frac_words_all_caps', 2 / 3),
    ('the Mill The', 'frac_words_redpajama_stop', 1 / 3), ('【 it 】 【】', 'frac_words_full_bracket', .5), ('a b a c', 'frac_words_unique', .75), ('a b a b', 'entropy_unigram', math.log(2)),
    ('one two one two three', 'frac_chars_top_2grams', 12 / 17), ('snake_case 1.5', 'num_words', 4), ('x\x00y\u200bz', 'num_words', 2)])
def test_values_by_hand(text, name, value): assert one(text, name, True) == pytest.approx(value)


# ---- the released filter itself

def golden_files() -> list[tuple[dict, str]]:
    "Rows of the golden file, with the text of those whose archive is there."
    rows, found = {}, []
    for r in pq.read_table(GOLDEN).to_pylist(): rows.setdefault(r['archive'].lower(), {})[r['member']] = r
    for f in sorted(ARCHIVES.iterdir()):
        if f.name.lower() not in rows: continue
        with tarfile.open(f) as tar:
            for m in tar:
                row = rows[f.name.lower()].get(m.name) if m.isfile() else None
                if row is None: continue
                data = tar.extractfile(m).read()
                if hashlib.sha256(data).hexdigest() == row['sha256']: found.append((row, data.decode('utf-8', 'replace')))
    return found


def test_released_mode_is_the_released_filter():
    if not GOLDEN.exists(): pytest.skip(f'{GOLDEN.name} is not there; OPENCOOKBOOK_SHARED says where')
    if not ARCHIVES.is_dir() or not (files := golden_files()): pytest.skip('no archive of the golden file is there; OPENCOOKBOOK_GOLDEN names their folder')
    found = text_signals(pa.table(dict(path=[r['member'] for r, _ in files], text=column([t for _, t in files]))), released=True)
    want = [json.loads(r['signals']) for r, _ in files]
    for name, v in found.items():
        both = [(w[name], x) for w, x in zip(want, v) if name in w]
        equal = [math.isnan(x) if w is None else abs(w - x) <= 1e-6 for w, x in both]
        assert sum(equal) >= .995 * len(both), (name, sum(equal), len(both))
