"""Recall and precision of fuzzy deduplication, on texts whose similarity is known by construction and counted again with Python sets.

usage: pytest tests/test_recall.py            python tests/test_recall.py   prints recall beside the curve, size by size

A pair of known similarity: A is private words and then shared ones, B the shared ones and then its own, on lines instead of blanks; no word occurs
twice. `apart` counts shingles that only one of the two has. The number of pairs follows from the error that we allow (`ERROR`), shared out to seeds.
"""
import random
import re
import sys
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from test_fuzzy import LOOSE, corpus, run, versions

from opencookbook.core.doc import docs
from opencookbook.data.fuzzy import Fuzzy
from opencookbook.data.lsh import band_hashes, s_curve
from opencookbook.data.minhash import Scheme
from opencookbook.data.shingles import Shingling

PLANS, KINDS, SEEDS = ((16, 128), (128, 16), (25, 10)), ('affine32', 'fast'), (1, 2, 3, 4)
GRID = (*np.linspace(.5, .95, 10), .96, .97, .98, .99, 1)
ERROR = {**dict.fromkeys((5, 6, 7, 8, 10, 15, 20, 100, 300), .0025), 30: .0015, 1000: .0035, 5000: .004, 50_000: .04}  # tokens: standard error of the mean recall


def grams(text: str | bytes) -> set:
    "Shingles as the words themselves: no hash, none of our code."
    words = re.findall(rb'[0-9A-Za-z_\x80-\xff]+', text if isinstance(text, bytes) else text.encode())
    return {tuple(words[i:i + 5]) for i in range(max(1, len(words) - 4))} if words else set()


def likeness(a: set, b: set) -> Fraction: return Fraction(len(a & b), max(1, len(a | b)))


# ---------------------------------------------------------------- recall

HEX = np.array([f'{i:04x}'.encode() for i in range(2**16)], 'S4').view(np.uint32)
END = np.array([f'{i:03x}{end}'.encode() for end in ' \n' for i in range(2**12)], 'S4').view(np.uint32)  # one with a blank behind it, one with a new line


def column(ids: np.ndarray, line: np.ndarray, lengths: np.ndarray) -> pa.Array:
    "Words of seven letters from numbers, eight bytes each with what stands behind them."
    words = np.stack([HEX[ids >> 12 & 0xffff], END[(ids & 0xfff) + 4096 * line]], 1)
    offsets = np.append(0, np.cumsum(lengths, dtype=np.int64) * 8)
    return pa.Array.from_buffers(pa.large_string(), len(lengths), [None, pa.py_buffer(offsets), pa.py_buffer(words)])


def pairs(n: int, tokens: int, apart: int, first: int = 0) -> pa.Array:
    "n pairs A, B, A, B, …; the longer one has `tokens` words. All words are different, from number `first` on."
    x, y = apart - apart // 2, apart // 2
    ids = first + np.arange(n * (tokens + y), dtype=np.int64).reshape(n, -1)
    both = np.concatenate([ids[:, :tokens], ids[:, x:]], 1)
    line = np.repeat([0, 1], [tokens, tokens - x + y])
    return column(both.ravel(), np.tile(line, n), np.tile([tokens, tokens - x + y], n))


def known(tokens: int, apart: int) -> float:
    "Similarity of such a pair."
    s, x, y = tokens - 4, apart - apart // 2, apart // 2
    return (s - x) / (s + y)


def cells(tokens: int) -> list[int]:
    "How far apart: what is nearest to the points of the grid, and two strangers."
    ways = [d for d in range(2 * (tokens - 4)) if known(tokens, d) > 0]
    like = np.array([known(tokens, d) for d in ways])
    return sorted({ways[np.abs(like - j).argmin()] for j in GRID}) + [2 * (tokens - 4)]


def recall(kind: str, bands: int, rows: int, tokens: int) -> tuple[np.ndarray, ...]:
    "Of each cell: similarity, the curve there, share of pairs that were found, standard error."
    apart = cells(tokens)
    like = np.array([known(tokens, d) for d in apart])
    curve = s_curve(like, bands, rows)
    noise = curve * (1 - curve)
    live = noise > .001
    many = int(noise[live].sum() / (max(1, live.sum()) * ERROR[tokens])**2) // len(SEEDS) + 4
    n = np.where(live, many, min(300, 4 + 20_000 // tokens))
    found = np.zeros((len(SEEDS), len(apart)))
    for i, c in np.ndindex(found.shape):
        h = band_hashes(pairs(n[c], tokens, apart[c], (16 * i + c) << 20), Scheme(bands * rows, kind, SEEDS[i]), bands, rows)
        found[i, c] = (h[::2] == h[1::2]).any(1).mean()
    return like, curve, found.mean(0), np.sqrt(noise / (n * len(SEEDS)))


@pytest.mark.parametrize('tokens', ERROR)
def test_similarity_is_known(tokens):
    for apart in cells(tokens):
        a, b = (grams(t) for t in pairs(2, tokens, apart).to_pylist()[2:])
        assert likeness(a, b) == pytest.approx(known(tokens, apart), abs=1e-12) and len(a) == tokens - 4


@pytest.mark.parametrize('bands, rows', PLANS)
@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('tokens', ERROR)
def test_recall_is_the_curve(tokens, kind, bands, rows):
    """The mean over the cells where chance decides, within a point (of the longest, of which there are few, within three standard errors); equal sets always and strangers never.
    A single cell of affine32 lies within four standard errors; `fast` draws without replacement, so its curve is steeper: up to one point off (0.9 in 160,000 pairs)."""
    like, curve, found, sd = recall(kind, bands, rows, tokens)
    live = curve * (1 - curve) > .001
    assert (found[like == 1] == 1).all() and (found[like == 0] == 0).all()
    if live.any(): assert abs((found - curve)[live].mean()) < max(.01, 3 * (tokens > 5000) * ERROR[tokens])
    assert (np.abs(found - curve) < 4 * sd + .001 + .01 * (kind == 'fast')).all()


# ---------------------------------------------------------------- precision

SURE = Fuzzy(bands=64, rows=4)  # misses a pair of J = 0.7 once in 40 million times


def near_misses(rng: random.Random, least: Fraction, families: int) -> list[dict]:
    "Families around a root. A member shares so many shingles with it that their similarity is the threshold, or one or three shingles off."
    rows = []
    for f in range(families):
        both = least.denominator * rng.randint(100 // least.denominator, 300 // least.denominator)  # shingles that the two have together
        shared = int(least * both)
        own = (both - shared) // 2
        root = [f'r{f}_{i}' for i in range(both - own + 4)]
        rows.append(dict(repo='r', path=f'{f:03}/root', text=' '.join(root), stars=rng.choice([0, 9])))
        for m, more in enumerate(rng.choices((-3, -1, -1, 0, 0, 1, 3), k=rng.randint(2, 6))):
            k, mine = min(shared + more, both - own) + 4, [f'm{f}_{m}_{i}' for i in range(own)]
            text = mine + root[:k] if m % 2 else root[-k:] + mine
            rows.append(dict(repo='r', path=f'{f:03}/{m}', text='\n'.join(text), stars=rng.choice([None, 0, 5, 9])))
    return rng.sample(rows, len(rows))


def by_hand(rows: list[dict], least: Fraction) -> dict[str, str]:
    "Who goes for whom, all pairs compared; the best first."
    rows = sorted(rows, key=lambda r: (1 if r['stars'] is None else -r['stars'], r['path']))
    sets, stays, gone = {r['path']: grams(r['text']) for r in rows}, [], {}
    for r in rows:
        like = [p for p in stays if likeness(sets[p], sets[r['path']]) >= least]
        if like: gone[r['path']] = like[0]
        else: stays.append(r['path'])
    return gone


def told(ledger: pa.Table, rows: list[dict]) -> dict[str, str]:
    "Who went for whom, by path."
    path = dict(zip(docs(rows)['doc_id'].to_pylist(), (r['path'] for r in rows)))
    return {path[d]: path[s] for d, s in zip(ledger['doc_id'].to_pylist(), ledger['survivor'].to_pylist())}


@pytest.mark.parametrize('least', ['0.95', '0.9', '0.8', '0.7', '0.85', '1'])
def test_around_the_threshold(tmp_path, least):
    "All pairs by hand: what goes, for whom, how similar; and many were close."
    rows = near_misses(random.Random(least), Fraction(least), 40)
    sets = {r['path']: grams(r['text']) for r in rows}
    every = [likeness(a, b) for a, b in combinations(sets.values(), 2)]
    assert sum(0 < Fraction(least) - j < Fraction('.015') for j in every) > 10 < sum(j == Fraction(least) for j in every)
    kept, ledger, _ = run(tmp_path/'out', corpus(tmp_path/'in', rows), replace(SURE, jaccard=float(least)))
    gone = told(ledger, rows)
    assert gone == by_hand(rows, Fraction(least)) and kept == sets.keys() - gone.keys()
    for (a, b), j in zip(gone.items(), ledger['similarity'].to_pylist()): assert float(likeness(sets[a], sets[b])) == j >= float(least)


@pytest.mark.parametrize('how', [Fuzzy(), Fuzzy(kind='fast'), Fuzzy(bands=128, rows=16, jaccard=.7), Fuzzy(bands=25, rows=10, jaccard=.9), Fuzzy(bands=64, rows=1, jaccard=.95)])
def test_no_removal_below_the_threshold(tmp_path, how):
    "Whatever the bands suggest; without proof a good part of it would go."
    rows = near_misses(random.Random(1), Fraction(str(how.jaccard)), 120)
    sets = {r['path']: grams(r['text']) for r in rows}
    def unlike(said: dict) -> int: return sum(likeness(sets[a], sets[b]) < Fraction(str(how.jaccard)) for a, b in said.items())
    src = corpus(tmp_path/'in', rows)
    kept, ledger, sums = run(tmp_path/'out', src, how)
    gone = told(ledger, rows)
    assert unlike(gone) == sums['unproven'] == 0 < len(gone) and set(gone.values()) <= kept
    _, ledger, sums = run(tmp_path/'all', src, replace(how, verify=False))
    assert unlike(told(ledger, rows)) == sums['unproven'] > len(ledger) / 20


# ---------------------------------------------------------------- small clusters that must be found exactly

def prose(rng: random.Random, n: int) -> list[str]:
    "Words of a language of 400 words, so that unrelated texts share words but hardly a shingle."
    return rng.choices([''.join(rng.choices('aeioulmnrst', k=rng.randint(2, 8))) for _ in range(400)], k=n)


def rows_of(texts: dict[str, str], **more) -> list[dict]: return [dict(repo='r', path=p, text=t, **more) for p, t in texts.items()]


def sides(rows: list[dict], top: Path, how: Fuzzy = LOOSE, shards: int = 3) -> dict[str, str]:
    "Who went for whom."
    top.mkdir(exist_ok=True)
    kept, ledger, _ = run(top/'out', corpus(top/'in', rows, shards), how)
    gone = told(ledger, rows)
    assert kept == {r['path'] for r in rows} - gone.keys()
    return gone


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('shards', [1, 2, 7])
def test_windows_of_one_text(tmp_path, kind, shards):
    "Windows of 300 words that begin a few words apart are one cluster; those that begin far apart are not, though some overlap by a half. In one shard or in many."
    text = prose(random.Random(0), 3000)
    clusters = [[0, 7, 15], [300, 309], [460, 464, 470, 474, 478], [1200, 1203, 1206, 1209], [1500], [1650], [2400]]
    texts = {f'{a:04}': ' '.join(text[a:a + 300]) for cluster in clusters for a in cluster}
    gone = sides(random.Random(1).sample(rows_of(texts), len(texts)), tmp_path, replace(LOOSE, jaccard=.85, kind=kind), shards)
    assert gone == {f'{a:04}': f'{cluster[0]:04}' for cluster in clusters for a in cluster[1:]}


def test_twins_among_strangers(tmp_path):
    "Pairs of near-copies with unrelated texts between; a copy differs in one word, in one more line, or in where the lines break."
    rng, texts, want = random.Random(2), {}, {}
    for i in range(40):
        words = prose(rng, rng.randint(60, 200))
        texts[f'{i:02}a'] = ' '.join(words)
        if i % 4 == 1: words[len(words) // 2] = 'changed'
        if i % 4 == 2: words += ['one', 'more', 'line']
        if i % 4: texts[f'{i:02}b'] = '\n'.join(words); want[f'{i:02}b'] = f'{i:02}a'
    rows = rows_of(texts)
    assert sides(sorted(rows, key=lambda r: r['path'][::-1]), tmp_path) == want  # all `a` first, so that twins lie far apart


def test_short_sentences(tmp_path):
    texts = dict(a='a lazy cat sleeps on the warm red roof', b='A lazy cat sleeps on the warm red roof', c='a lazy cat sleeps on the warm red roof.', d='short one', e='short  one!', f='short two', g='one', h='short')
    assert sides(rows_of(texts), tmp_path, SURE) == dict(c='a', e='d')


@pytest.mark.parametrize('verify', [True, False])
def test_a_thousand_documents_of_one_word(tmp_path, verify):
    "Or of none: with bands of one row, where a single equal number makes a candidate, and even without proof."
    texts = {f'{i:04}': f'word{i}' if i % 5 else ' \n(' * (i % 7) for i in range(1000)}
    assert sides(rows_of(texts), tmp_path, Fuzzy(bands=64, rows=1, jaccard=.01, verify=verify)) == {}


@pytest.mark.parametrize('verify', [True, False])
def test_two_pairs_and_a_false_edge(tmp_path, verify):
    "A licence that two unrelated files share makes them candidates: both pairs keep their best. Without proof one of four is left."
    rng = random.Random(3)
    licence, one, two = (prose(rng, k) for k in (100, 160, 160))
    texts = dict(a=one, b=[*one, 'end'], c=[*licence, *one], d=[*licence, *two], e=two, f=[*two, 'end'])
    gone = sides(rows_of({p: ' '.join(t) for p, t in texts.items()}), tmp_path, Fuzzy(bands=64, rows=1, jaccard=.9, verify=verify))
    assert gone == (dict(b='a', f='e') if verify else dict.fromkeys('bcdef', 'a'))


@pytest.mark.parametrize('best, want', [('mid', ['one', 'three']), ('one', ['one', 'mid']), ('three', ['three', 'mid'])])
def test_a_chain_depends_on_who_is_best(tmp_path, best, want):
    "`mid` is like `one` and like `three`, which are not alike."
    text = prose(random.Random(4), 340)
    rows = [dict(repo='r', path=p, text=' '.join(text[a:a + 300]), stars=9 if p == best else 1) for p, a in (('one', 0), ('mid', 20), ('three', 40))]
    gone = sides(rows, tmp_path, replace(LOOSE, jaccard=.85))
    assert gone == (dict(one='mid', three='mid') if best == 'mid' else {'mid': best})


def test_eight_megabytes_in_a_line(tmp_path):
    "One word of a million is another one, and the proof says so."
    words = [f'{i * 40503 % 2**28:07x}' for i in range(1_000_000)]
    near = [*words]; near[777_777] = 'another'
    texts = dict(a=' '.join(words), b=' '.join(near), c=' '.join(reversed(words)), d='x' * 8_000_000, e='x' * 7_999_999)
    kept, ledger, _ = run(tmp_path/'out', corpus(tmp_path/'in', rows_of(texts)), Fuzzy())
    assert kept == {'a', 'c', 'd', 'e'} and ledger['similarity'].to_pylist() == [(999_996 - 5) / (999_996 + 5)]


def test_ids_of_ones_own(tmp_path):
    "Any 64 bits are an id, 0 and the largest as well, on both sides."
    rng = random.Random(5)
    ids, texts = [0, 2**64 - 1, 2**63, 1, *(rng.getrandbits(64) for _ in range(56))], [' '.join(prose(rng, 80)) for _ in range(30)]
    rows = [dict(repo='r', path=f'{i:02}', text=texts[i // 2] + ' end' * (i % 2), doc_id=d) for i, d in enumerate(ids)]
    for name, some in (('up', rows), ('down', [dict(r, path=f"{99 - int(r['path'])}") for r in rows])):  # the survivor is the first path
        (tmp_path/name).mkdir()
        _, ledger, _ = run(tmp_path/name/'out', corpus(tmp_path/name/'in', rng.sample(some, 60), 4))
        here = dict(zip(ledger['doc_id'].to_pylist(), ledger['survivor'].to_pylist()))
        assert here == (dict(zip(ids[1::2], ids[::2])) if name == 'up' else dict(zip(ids[::2], ids[1::2])))


def test_letters_of_the_world(tmp_path):
    "Words of any script count. One accent, written in another way, is another word; a text without blanks is one word, and only shingles of characters see through it."
    mixed, thai = ' '.join('λόγος άνθρωπος θάλασσα 中文 données straße 😀 пример'.split() * 9), 'ภาษาไทยไม่มีช่องว่างระหว่างคำเหมือนภาษาอังกฤษ' * 3
    russian = ' '.join(''.join(w) for w in zip('абвгдежз' * 9, 'лмнопрсту' * 8, 'эюя' * 24))  # 72 words, all different
    texts = dict(a=mixed + ' é', b=mixed + ' \n\té', c='é ' + mixed[::-1], d=thai, e=thai + 'ๆ', f=mixed + ' e\u0301', g=russian, h=russian + ' слово', i=russian.upper())
    assert sides(rows_of(texts), tmp_path/'word', replace(SURE, jaccard=.95)) == dict(b='a', h='g')
    assert sides(rows_of(texts), tmp_path/'char', replace(SURE, jaccard=.9, shingling=Shingling(unit='char')))['e'] == 'd'


BEST = [('license', ['MIT', 'GPL-3.0-only', None]), ('stars', [7, 0, None]), ('committed_at', [9, 8, None]), ('path', ['a', 'b', 'c']), ('doc_id', [3, 4, 5])]


@pytest.mark.parametrize('decides', range(5))
def test_who_stays(tmp_path, decides):
    "What stands before in the order is equal, what stands behind speaks for the others."
    name, values = BEST[decides]
    rest = {c: vs[::-1] for c, vs in BEST[decides + 1:]}
    rows = [dict(repo=f'r{i}', path='p', text=' '.join(map(str, range(90 + i))), license='ISC', stars=3, committed_at=5, doc_id=i) | {c: vs[i] for c, vs in rest.items()} | {name: v} for i, v in enumerate(values)]
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        top = tmp_path/str(order)
        top.mkdir()
        _, ledger, _ = run(top/'out', corpus(top/'in', [rows[i] for i in order]))
        assert set(ledger['survivor'].to_pylist()) == {rows[0]['doc_id']} and len(ledger) == 2


@pytest.mark.parametrize('seed', range(3))
def test_a_second_time_nothing_goes(tmp_path, seed):
    kept, _, _ = run(tmp_path/'out', corpus(tmp_path/'in', versions(random.Random(seed), 50)))
    again, ledger, _ = run(tmp_path/'again', tmp_path/'out')
    assert again == kept and len(ledger) == 0


if __name__ == '__main__':
    for tokens in map(int, sys.argv[1:] or ERROR):
        for kind in KINDS:
            for bands, rows in PLANS:
                like, curve, found, sd = recall(kind, bands, rows, tokens)
                print(f'{tokens:6} tokens {kind:8} {bands:3} x {rows:<3}', *(f'J {j:.3f}: {100 * f:.1f} ({100 * (f - c):+.1f})' for j, c, f in zip(like, curve, found) if .001 < c < .999), sep='  ')
