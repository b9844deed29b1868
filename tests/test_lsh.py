"""Bands: curves, the planner, hashes of bands and the way from text to candidates, tried hard. Outside authority: datasketch 2."""
import random
from math import comb

import numpy as np
import pyarrow as pa
import pytest
from datasketch import MinHash, MinHashLSH
from datasketch.lsh import _optimal_param
from hypothesis import given, settings
from hypothesis import strategies as st

from opencookbook.data.clusters import components, connect, new_forest, star_edges
from opencookbook.data.lsh import areas, band_hashes, bands_of, best_bands, cost, half_point, s_curve
from opencookbook.data.minhash import Scheme, fast_signature
from opencookbook.data.shingles import Shingling, shingle_sets, shingles_plain

PLANS = [(1, 1), (16, 128), (128, 16), (2048, 1), (1, 2048), (25, 10)]
KINDS = ('affine32', 'fast')


def column(texts) -> pa.Array: return pa.array(list(texts), pa.large_string())


def noise(n: int, seed: int = 0) -> list[str]:
    "Texts that are partly alike: cut and patched from one long one, with a few odd ones."
    rng = random.Random(seed)
    base = [f'w{rng.randint(0, 300)}' for _ in range(200)]
    out = ['', ' \n\t', '#', 'x', 'é 中文 😀', 'a b c d', 'a b c d e', 'a b c d e f', '# only a comment\n']
    while len(out) < n:
        words = base[:rng.choice((7, 40, 200))]
        for _ in range(rng.choice((0, 0, 1, 3, 20))): words[rng.randrange(len(words))] = rng.choice(['moth', 'ß', 'x1'])
        out.append(rng.choice((' ', '\n', ' = ')).join(words))
    return out


# ---------------------------------------------------------------- curves

@pytest.mark.parametrize('bands, rows', PLANS)
def test_half_point(bands, rows):
    t = half_point(bands, rows)
    assert abs(s_curve(t, bands, rows) - .5) < 1e-9 and s_curve(t - 1e-4, bands, rows) < .5 < s_curve(t + 1e-4, bands, rows)


@pytest.mark.parametrize('bands, rows', PLANS)
def test_curve_rises_from_0_to_1(bands, rows):
    s = s_curve(np.linspace(0, 1, 1001), bands, rows)
    assert s[0] == 0 and s[-1] == 1 and (np.diff(s) >= 0).all()


@settings(max_examples=200, deadline=None)
@given(st.floats(.01, 1), st.integers(1, 12), st.integers(1, 12))
def test_curve_is_the_binomial_sum(j, bands, rows):
    p = j**rows
    assert s_curve(j, bands, rows) == pytest.approx(sum(comb(bands, k) * p**k * (1 - p)**(bands - k) for k in range(1, bands + 1)), rel=1e-9)


def test_areas_in_closed_form():
    "Expand (1 - x^r)^b and integrate term by term."
    for bands, rows in ((1, 1), (3, 2), (5, 8), (8, 4)):
        def missed_to(t): return sum((-1)**k * comb(bands, k) * t**(k * rows + 1) / (k * rows + 1) for k in range(bands + 1))
        for t in (.1, .5, .8, 1):
            assert areas(t, bands, rows) == pytest.approx((t - missed_to(t), missed_to(1) - missed_to(t)), abs=2e-6)


# ---------------------------------------------------------------- the planner

@pytest.mark.parametrize('permutations', (16, 64, 100, 128, 200, 256))
def test_planner_as_datasketch(permutations):
    assert permutations != 256 or best_bands(.7, 256) == (25, 10)
    for threshold in (.3, .5, .6, .7, .8, .9):
        for weight in (.5, .1, .9):
            ours, theirs = best_bands(threshold, permutations, weight), _optimal_param(threshold, permutations, weight, 1 - weight)
            if ours == theirs: continue
            error = [weight * fp + (1 - weight) * fn for fp, fn in (areas(threshold, b, r) for b, r in (ours, theirs))]
            assert 0 <= error[1] - error[0] < 2e-5, (threshold, weight, ours, theirs)  # a tie to within datasketch's own integration


def test_planner_tries_everything():
    for threshold, permutations in ((.4, 12), (.9, 30)):
        every = {(b, r): sum(areas(threshold, b, r)) for r in range(1, permutations + 1) for b in range(1, permutations // r + 1)}
        assert best_bands(threshold, permutations) == min(every, key=every.get)


def test_planner_ends():
    assert best_bands(.5, 1) == (1, 1)
    assert best_bands(0, 64)[1] == 1 and best_bands(1, 64)[0] == 1  # everything is wanted; nothing is
    bands, rows = best_bands(.8, 2048)
    assert bands * rows <= 2048 and abs(half_point(bands, rows) - .8) < .01


# ---------------------------------------------------------------- hashes of bands

def bands_plain(sig, rows: int, n: int) -> list[int]:
    m, out = 2**64 - 1, []
    for band in range(n):
        h = band + 1
        for row in sig[band * rows:(band + 1) * rows]:
            h = (h + int(row)) * 0x9E3779B97F4A7C15 & m
            h ^= h >> 29
        h = (h ^ h >> 33) * 0xFF51AFD7ED558CCD & m
        h = (h ^ h >> 33) * 0xC4CEB9FE1A85EC53 & m
        out.append(h ^ h >> 33 or 1)
    return out


def hashed(table: np.ndarray, rows: int, bands: int) -> np.ndarray:
    out = np.zeros((len(table), bands), np.uint64)
    for sig, o in zip(table, out): bands_of(sig, rows, o)
    return out


@pytest.mark.parametrize('dtype', (np.uint32, np.uint64))
@pytest.mark.parametrize('bands, rows', ((1, 1), (4, 3), (12, 1), (1, 12), (3, 2)))
def test_bands_as_plain(dtype, bands, rows):
    table = np.random.default_rng(bands).integers(0, np.iinfo(dtype).max, (50, 12), dtype, endpoint=True)
    table[0], table[1] = 0, np.iinfo(dtype).max
    assert hashed(table, rows, bands).tolist() == [bands_plain(s, rows, bands) for s in table]


@pytest.mark.parametrize('dtype', (np.uint32, np.uint64))
@pytest.mark.parametrize('values', (2, 3, 2**32 - 1))
def test_equal_rows_if_and_only_if_equal_bands(values, dtype):
    for seed, (bands, rows) in enumerate(((1, 12), (2, 6), (4, 3), (6, 2), (12, 1))):
        table = np.random.default_rng(seed).integers(0, values, (300, 12), dtype)
        table[150:] = table[:150]  # twins, and with few values many that agree in a band by chance
        h = hashed(table, rows, bands)
        same = (table[:, None].reshape(300, 1, bands, rows) == table.reshape(1, 300, bands, rows)).all(-1)
        assert ((h[:, None] == h[None]) == same).all()


def test_equal_rows_of_different_bands_stay_strangers():
    for values in np.random.default_rng(0).integers(0, 2**32, (200, 3), np.uint32):
        assert len(np.unique(hashed(np.tile(values, 40)[None], 3, 40))) == 40


def test_order_within_a_band_counts():
    h = hashed(np.array([[1, 2, 3], [2, 1, 3], [3, 2, 1], [0, 3, 3], [0, 0, 6]], np.uint32), 3, 1)
    assert len(np.unique(h)) == 5


# ---------------------------------------------------------------- from text

@pytest.mark.parametrize('kind', KINDS)
def test_empty_documents_are_in_no_bucket(kind):
    texts = column(['', 'a b', ' \n', '+-*/', '', 'a  b'])
    h = band_hashes(texts, Scheme(permutations=64, kind=kind), 8, 8)
    assert h.any(1).tolist() == [False, True, False, False, False, True] and (h[1] != 0).all()
    parent = new_forest(len(texts))
    for col in h.T: connect(parent, star_edges(col, np.arange(len(texts), dtype=np.uint32)))
    assert components(parent)[0].tolist() == [1, 5]
    assert band_hashes(column([]), Scheme(permutations=64, kind=kind), 8, 8).shape == (0, 8)


def datasketch_signature(text: str, permutations: int, seed: int) -> np.ndarray:
    m = MinHash(permutations, seed=seed, hashfunc=int)
    m.update_batch([h >> 32 for h in shingles_plain(text.encode())])
    return m


@pytest.mark.parametrize('permutations, bands, rows, seed', ((64, 8, 8, 1), (256, 32, 8, 7), (2048, 16, 128, 1), (100, 9, 11, 3)))
def test_bands_from_text_as_datasketch(permutations, bands, rows, seed):
    texts = noise(60, seed)
    want = [bands_plain(datasketch_signature(t, permutations, seed).hashvalues, rows, bands) if shingles_plain(t.encode()) else [0] * bands for t in texts]
    assert band_hashes(column(texts), Scheme(permutations=permutations, seed=seed), bands, rows).tolist() == want


def test_candidates_as_datasketch():
    texts = [t for t in noise(200, 5) if shingles_plain(t.encode())]
    for permutations, bands, rows in ((256, 32, 8), (256, 8, 32), (128, 128, 1)):
        index, sigs = MinHashLSH(num_perm=permutations, params=(bands, rows)), [datasketch_signature(t, permutations, 1) for t in texts]
        for i, m in enumerate(sigs): index.insert(i, m)
        h = band_hashes(column(texts), Scheme(permutations=permutations), bands, rows)
        found = [set(np.flatnonzero((h == row).any(1)).tolist()) for row in h]
        assert found == [set(index.query(m)) for m in sigs] and 0 < sum(map(len, found)) - len(texts)


def test_fast_bands_are_those_of_the_fast_signature():
    texts, scheme = noise(40, 2), Scheme(permutations=96, kind='fast', seed=5)
    got = band_hashes(column(texts), scheme, 8, 12)
    for text, row in zip(texts, got):
        sig, hashes = np.empty(96, np.uint64), np.array(sorted(shingles_plain(text.encode())), np.uint64)
        if not len(hashes): assert not row.any(); continue
        fast_signature(hashes, len(hashes), sig, 5)
        assert row.tolist() == bands_plain(sig, 12, 8)


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('how', (Shingling(), Shingling(n=2), Shingling(n=4, unit='char'), Shingling(header=False), Shingling(n=1, unit='char', header=False)))
def test_only_the_set_of_shingles_counts(kind, how):
    "Equal sets give equal rows; sets that are not much alike give other rows."
    texts = column([*noise(80, 3), '# a\nx = 1\n', '# b\nx = 1\n', 'x = 1\n', 'a a a a', 'a' * 99])
    h, sets = band_hashes(texts, Scheme(permutations=128, kind=kind, shingling=how), 64, 2), shingle_sets(texts, how).to_pylist()
    sets = [frozenset(s) for s in sets]
    for i in range(len(texts)):
        for j in range(i):
            if sets[i] == sets[j]: assert (h[i] == h[j]).all()
            elif len(sets[i] & sets[j]) < .9 * len(sets[i] | sets[j]): assert (h[i] != h[j]).any(), (texts[i], texts[j])
    assert [not s for s in sets] == (~h.any(1)).tolist()


@pytest.mark.parametrize('kind', KINDS)
def test_batches_chunks_and_slices(kind):
    texts, scheme, rng = column(noise(60, 4)), Scheme(permutations=64, kind=kind), random.Random(0)
    whole = band_hashes(texts, scheme, 16, 4)
    for _ in range(20):
        a, b = sorted(rng.choices(range(61), k=2))
        assert (band_hashes(texts[a:b], scheme, 16, 4) == whole[a:b]).all()
        assert (band_hashes(pa.chunked_array([texts[:a], texts[a:b], texts[b:]]), scheme, 16, 4) == whole).all()
    order = rng.sample(range(60), 60)
    assert (band_hashes(texts.take(pa.array(order)), scheme, 16, 4) == whole[order]).all()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(st.sampled_from('ab \n_0é中😀#/-'), max_size=30), max_size=8), st.sampled_from(KINDS))
def test_any_text(texts, kind):
    h = band_hashes(column(texts), Scheme(permutations=32, kind=kind), 4, 8)
    sets = [shingles_plain(t.encode()) for t in texts]
    assert (~h.any(1)).tolist() == [not s for s in sets]
    for i, s in enumerate(sets):
        for j in range(i):
            if s == sets[j]: assert (h[i] == h[j]).all()


@pytest.mark.parametrize('kind', KINDS)
def test_long_bands_imply_short_ones(kind):
    texts, scheme = column(noise(120, 6)), Scheme(kind=kind)
    wide, fine = band_hashes(texts, scheme, 16, 128), band_hashes(texts, scheme, 128, 16)
    same = (wide[:, None] == wide[None]).repeat(8, 2)
    assert ((fine[:, None] == fine[None])[same]).all() and same.any()


@pytest.mark.parametrize('kind', KINDS)
def test_shares_follow_the_curve(kind):
    "600 pairs of known similarity; four standard deviations."
    n, size, scheme = 600, 250, Scheme(permutations=240, kind=kind, shingling=Shingling(n=1))
    for shared in (150, 190, 215, 235):
        texts = [' '.join([f'{shared}_{i}_{w}' for w in range(shared)] + [f'{shared}_{i}_{side}_{w}' for w in range(size - shared)]) for i in range(n) for side in 'xy']
        h = band_hashes(column(texts), scheme, 20, 12)
        p = float(s_curve(shared / (2 * size - shared), 20, 12))
        assert abs((h[::2] == h[1::2]).any(1).mean() - p) < 4 * (p * (1 - p) / n)**.5 + 2 / n, (shared, p)


# ---------------------------------------------------------------- cost and bad input

def test_steps_of_a_fast_sketch():
    "Throw balls at bins in rounds until none is empty, late bins one by one; the mean of 200 games against the formula."
    rng, k = np.random.default_rng(0), 256
    for shingles in (1, 2, 10, 100, 1000, 10_000):
        thrown = []
        for _ in range(200):
            filled, rounds = np.zeros(k, bool), 0
            while not filled.all() and rounds < k: filled[rng.integers(0, k, shingles)] = True; rounds += 1
            thrown.append((rounds + (~filled).sum()) * shingles)
        assert cost(shingles, scheme=Scheme(permutations=k, kind='fast'))['steps'] == pytest.approx(np.mean(thrown), rel=.2, abs=.6 * shingles)
    assert cost(7, 4, Scheme(permutations=k)) == dict(bytes=32, signature_bytes=4 * k, steps=7 * k)


@pytest.mark.parametrize('what', [lambda: band_hashes(column(['a']), bands=17), lambda: band_hashes(column(['a']), bands=0), lambda: band_hashes(column(['a']), rows=-1),
                                  lambda: band_hashes(pa.array(['a'])), lambda: best_bands(1.5, 256), lambda: best_bands(.5, 256, -1), lambda: best_bands(.5, 0), lambda: best_bands(float('nan'), 9)])
def test_bad_input_in_one_line(what):
    with pytest.raises(ValueError) as e: what()
    assert '\n' not in str(e.value) and len(str(e.value)) > 20
