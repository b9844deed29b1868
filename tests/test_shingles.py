"Shingles against their definition: random bytes, random places in a block, settings, sets."
import random
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

from opencookbook.data.shingles import (
    BLANK, GRAM, TOKEN, WORD, Shingling, chars, distinct, grams_plain, hash_chars, hash_grams, hash_text, mix, mix_plain,
    shingle_sets, shingles_plain, skip_header, skip_header_plain, slots, token_plain, words)

SAMPLES = [p.read_bytes() for p in sorted((Path(__file__).parent.parent/'data_samples').rglob('*')) if p.is_file()]
GUARD = 0xABAD1DEA
column = lambda texts: pa.array(texts, pa.large_string())


def run(kernel, data, *how, before=b'', after=b'', room=None):
    "What a kernel writes for a document between two others; what lies beyond its room must stay untouched."
    block = np.frombuffer(before + data + after, np.uint8)
    room = len(data) if room is None else room
    out = np.full(room + 4, GUARD, np.uint64)
    k = kernel(block, len(before), len(before) + len(data), *how, out)
    assert k <= room and (out[room:] == GUARD).all(), 'wrote beyond its room'
    return out[:k].tolist()


code = st.lists(st.sampled_from([b'a', b'B7', b'_', b' ', b'\n', b'\r\n', b'\t ', b'()', b'\xc3\xa9', b'\xe4\xb8\xad', b'\xff', b'\x80', b'\0', b'0x1F', b'def ']), max_size=60).map(b''.join)
anything = st.binary(max_size=200) | code


# ---- hashes

def test_constants_are_the_ones_that_stores_were_made_with():
    "Changing any of these makes every stored signature worthless; these values are written down by hand."
    assert (int(TOKEN), int(GRAM)) == (0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93)
    assert mix_plain(1) == 0xB456BCFC34C2CB2C and mix_plain(2**64 - 1) == 0x64B5720B4B825F21
    t = mix_plain((ord('a') + 1) * 0x9E3779B97F4A7C15 % 2**64)
    assert token_plain(b'a') == t and grams_plain([b'a', b'a']) == [mix_plain((t * 0xD6E8FEB86659FD93 + t) % 2**64)]


@given(st.integers(0, 2**64 - 1))
def test_mix(x): assert int(mix(np.uint64(x))) == mix_plain(x)


def test_mix_is_one_to_one():
    "Undone: each shift by 33 is its own inverse, each odd factor has one."
    back = lambda y: y ^ y >> 33
    for x in [0, 1, 2**63] + [random.Random(0).getrandbits(64) for _ in range(100)]:
        y = back(mix_plain(x)) * pow(0xC4CEB9FE1A85EC53, -1, 2**64) % 2**64
        assert back(back(y) * pow(0xFF51AFD7ED558CCD, -1, 2**64) % 2**64) == x


def test_tables():
    assert [b for b in range(256) if WORD[b]] == [b for b in range(256) if re.match(rb'[A-Za-z0-9_]', bytes([b])) or b >= 128]
    assert [b for b in range(256) if BLANK[b]] == [b for b in range(256) if re.match(rb'\s', bytes([b]))]


# ---- kernels are the definition

@given(anything, st.integers(1, 9), anything, anything)
@settings(max_examples=500, deadline=None)
def test_words(text, n, before, after):
    assert run(hash_grams, text, n, before=before, after=after, room=(len(text) + 1) // 2) == grams_plain(words(text), n)


@given(anything, st.integers(1, 9), anything, anything)
@settings(max_examples=500, deadline=None)
def test_chars(text, n, before, after):
    assert run(hash_chars, text, n, before=before, after=after) == grams_plain(chars(text), n)


@pytest.mark.parametrize('n', [1, 2, 5, 13, 100_000])
def test_samples(n):
    for t in SAMPLES:
        assert run(hash_grams, t, n) == grams_plain(words(t), n)
        assert set(run(hash_grams, t, n)) == shingles_plain(t, n)


@given(st.text(max_size=60))
def test_characters_are_code_points(text):
    assert [c.decode() for c in chars(text.encode())] == list(re.sub(r'[ \t\n\r\f\v]+', ' ', text))


def test_every_byte_alone_and_between_words():
    for b in range(256):
        for t in (bytes([b]), bytes([b, b]), b'a' + bytes([b]) + b'c'):
            assert run(hash_grams, t, 2) == grams_plain(words(t), 2) and run(hash_chars, t, 2) == grams_plain(chars(t), 2)


# ---- header

marks = st.lists(st.sampled_from([b'#', b'!', b'[', b'include', b'include_', b'if', b'ifx', b'/', b'*', b'-', b'<!--', b'-->', b'/*', b'*/', b'//', b'--', b';', b'%', b'\n', b'\r\n', b' ', b'\t',
                                  b'<?php', b'#!', b'a', b'Z', b'9', b'\xc3\xa9', b'\0', b'# ', b'#\n', b'#define']), max_size=14).map(b''.join)


@given(marks | anything, anything, anything)
@settings(max_examples=3000, deadline=None)
def test_header(text, before, after):
    block = np.frombuffer(before + text + after, np.uint8)
    got = skip_header(block, len(before), len(before) + len(text)) - len(before)
    assert got == skip_header_plain(text) and 0 <= got <= max(len(text) - 1, 0)


@pytest.mark.parametrize('text, rest', [
    (b'\n\n#!/bin/sh\nrun', b'run'), (b'#\n#\nx', b'x'), (b'#define A', None), (b'#defined', 'all'), (b'# define A', 'all'), (b'#if\n', None), (b'#[derive]', None), (b'#![no_std]', None), (b'#!x\ny', b'y'),
    (b'/* a */ /* b */x', b'x'), (b'/*/ x */y', b'y'), (b'/* x', 'all'), (b'/ x', None), (b'- x', None), (b'-- a\nb', b'b'), (b'---\nb', b'b'), (b'<!-- a --> <b>', b'<b>'), (b'<!DOCTYPE html>', None),
    (b'; a\nb', b'b'), (b';; a\nb', b'b'), (b';a\nb', None), (b'%% a\nb', b'b'), (b'% a\nb', b'b'), (b'%include', None), (b'%\nb', b'b'), (b'<?php\n// a\nb', b'b'), (b'"""a"""', None), (b'// a\r\nb', b'b')])
def test_header_cases(text, rest):
    assert text[skip_header_plain(text):] == (text if rest in (None, 'all') else rest)
    assert skip_header(np.frombuffer(text, np.uint8), 0, len(text)) == skip_header_plain(text)


def test_a_document_may_end_anywhere():
    "What a mark would need lies behind the end, in the next document."
    text = b'#!x\n/* a */ // b\n<!-- c --> ; d\n%% e\n<?php -- f\n# g\n#include\n/* h */'
    block = np.frombuffer(text, np.uint8)
    for a in range(len(text)):
        for b in range(a, len(text) + 1): assert skip_header(block, a, b) - a == skip_header_plain(text[a:b]), text[a:b]


def test_header_of_samples():
    for t in SAMPLES: assert skip_header(np.frombuffer(t, np.uint8), 0, len(t)) == skip_header_plain(t)


def test_long_comments_take_linear_time():
    for t in (b'/* ' * 300_000, b'<!--' * 300_000, b'/**/' * 300_000, b'# a\n' * 300_000, b' ' * 10**6, b'-' * 10**6):
        assert skip_header(np.frombuffer(t, np.uint8), 0, len(t)) == skip_header_plain(t) == 0


# ---- distinct

@given(st.lists(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 40) | st.sampled_from([i << 20 for i in range(9)]), max_size=50), max_size=6))
@settings(max_examples=300, deadline=None)
def test_distinct(lists):
    "Also in place, over a table that remembers other documents, and with hashes that all ask for one place."
    table, stamps = np.zeros(slots(50), np.uint64), np.zeros(slots(50), np.int32)
    for stamp, hs in enumerate(lists, 1):
        block = np.array(hs + [GUARD], np.uint64)
        k = distinct(block, len(hs), table, stamps, stamp, block)
        assert block[:k].tolist() == list(dict.fromkeys(hs)) and (block[len(hs)] == GUARD)


def test_slots():
    for k in [*range(300), 10**6, 2**20, 2**20 + 1]: assert slots(k) >= max(2 * k, 16) and slots(k) & slots(k) - 1 == 0 and slots(k) < max(4 * k, 17)


# ---- columns

settings_of = st.builds(Shingling, n=st.integers(1, 7), unit=st.sampled_from(['word', 'char']), header=st.booleans())


def plain_set(text: str, how: Shingling) -> list[int]:
    b = text.encode()
    if not how.header: b = b[skip_header_plain(b):]
    return sorted(set(grams_plain(words(b) if how.unit == 'word' else chars(b), how.n)))


texts_of = st.lists(st.text(max_size=40) | st.text(alphabet='ab #/*-\n é中', max_size=40), max_size=8)


@given(texts_of, settings_of, st.data())
@settings(max_examples=300, deadline=None)
def test_sets(texts, how, data):
    want = [plain_set(t, how) for t in texts]
    a, b = sorted((data.draw(st.integers(0, len(texts))), data.draw(st.integers(0, len(texts)))))
    got = shingle_sets(column(texts), how)
    got.validate(full=True)
    assert got.to_pylist() == want and got.type == pa.large_list(pa.uint64())
    assert shingle_sets(column(texts)[a:b], how).to_pylist() == want[a:b]
    assert shingle_sets(pa.chunked_array([column(texts[:a]), column(texts[a:])]), how).to_pylist() == want


@given(st.binary(max_size=80), settings_of)
@settings(max_examples=300, deadline=None)
def test_room_is_enough_for_any_bytes(text, how):
    b = text if how.header else text[skip_header_plain(text):]
    assert run(hash_text, text, how.flags, room=how.room(len(text))) == grams_plain(words(b) if how.unit == 'word' else chars(b), how.n)


@pytest.mark.parametrize('bad', [dict(n=0), dict(n=-1), dict(n=2.0), dict(n=True), dict(n=None), dict(unit='line'), dict(unit=None), dict(header=1), dict(header='no')])
def test_wrong_settings(bad):
    with pytest.raises(ValueError, match=next(iter(bad))): Shingling(**bad)
