"MinHash against its definition, against datasketch, and against theory."
import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from datasketch import MinHash
from hypothesis import given, settings, strategies as st
from numba import njit, uint64

import opencookbook
from opencookbook.data.minhash import (
    _FORMULAS, Scheme, check_same, describe, estimate, fast_signature, fast_signature_plain, permutations, signature, signature_plain, signatures, standard_error)
from opencookbook.data.shingles import Shingling, mix, shingle_sets, shingles_plain

column = lambda texts: pa.array(texts, pa.large_string())
FULL32, FULL64 = 2**32 - 1, 2**64 - 1
TEXT = b'def turn(gears, by=1):\n    return [g + by for g in gears]\n'


def sign(hashes, perms):
    block = np.array([*hashes, 0], np.uint64)  # what lies behind must not count
    sig = np.full(perms.shape[1], 7, np.uint32)
    signature(block, len(hashes), perms, sig)
    return sig


def fast_sign(hashes, k, *seed):
    block, sig = np.array([*hashes, 0], np.uint64), np.full(k, 7, np.uint64)
    fast_signature(block, len(hashes), sig, *seed)
    return sig


some = st.lists(st.integers(0, FULL64) | st.sampled_from([0, 1, 2**32, 2**63, FULL64, FULL32, 2**32 - 2**16]), max_size=40)
seeds = st.integers(0, 2**32 - 1)


# ---- kernels are the definition

@given(some, st.integers(1, 70), seeds)
@settings(max_examples=400, deadline=None)
def test_affine(hashes, k, seed):
    perms = permutations(k, seed)
    assert sign(hashes, perms).tolist() == signature_plain(hashes, perms)


@given(some, st.integers(1, 70), seeds)
@settings(max_examples=400, deadline=None)
def test_fast(hashes, k, seed):
    got = fast_sign(hashes, k, seed)
    assert got.tolist() == fast_signature_plain(hashes, k, seed) and (not hashes or (got < FULL64).all())


def test_values_that_stores_were_made_with():
    "Who changes a formula changes these, and then _FORMULAS too. The affine ones come from another implementation."
    assert _FORMULAS == 1
    hashes = shingles_plain(TEXT)
    assert (len(hashes), min(hashes)) == (8, 4163872147391015086)
    assert signature_plain(hashes, permutations(4)) == [881687994, 847312856, 291827315, 226597306]
    assert fast_signature_plain(hashes, 4) == [1418644265, 8201950469, 1208284050, 2145678034]


def test_default_seed_is_one():
    hashes = [random.Random(0).getrandbits(64)]
    assert (fast_sign(hashes, 9) == fast_sign(hashes, 9, 1)).all() and (fast_sign(hashes, 9) != fast_sign(hashes, 9, 2)).any()
    assert (permutations(9) == permutations(9, 1)).all() and (permutations(9) != permutations(9, 2)).any()


@given(st.integers(0, FULL64), st.integers(2, 40))
@settings(max_examples=60, deadline=None)
def test_one_shingle_fills_every_bin(h, k):
    "By late rounds, each of which belongs to one bin."
    sig = fast_sign([h], k)
    rounds = [int(s) >> 32 for s in sig]
    assert len(set(rounds)) == k and all(r < k or r - k == i for i, r in enumerate(rounds))


def test_late_rounds_are_reached():
    assert any(int(fast_sign([h], 40).max()) >> 32 >= 40 for h in range(20))


# ---- properties of a minimum

@given(some, some, st.integers(1, 50), st.randoms())
@settings(max_examples=200, deadline=None)
def test_sets(a, b, k, rng):
    "Order and repeats do not matter, and a union is a minimum."
    for make in (lambda s: sign(s, permutations(k)), lambda s: fast_sign(s, k)):
        shuffled = a + rng.choices(a, k=9) if a else []
        rng.shuffle(shuffled)
        assert (make(a) == make(shuffled)).all() and (np.minimum(make(a), make(b)) == make(a + b)).all()


@given(st.sets(st.integers(0, FULL64), max_size=30))
@settings(max_examples=50, deadline=None)
def test_equal_sets(a):
    for make in (lambda s: sign(s, permutations(33)), lambda s: fast_sign(s, 33)): assert estimate(make([*a]), make([*a][::-1])) == (1 if a else 0)


# ---- datasketch

def theirs(hashes, k, seed):
    m = MinHash(k, seed=seed, scheme='affine32', hashfunc=lambda h: h >> 32)
    if hashes: m.update_batch([*hashes])
    return m.hashvalues


@pytest.mark.parametrize('k', [1, 2, 16, 128, 255, 2048, 5000])
@pytest.mark.parametrize('seed', [0, 1, 2, 77, 2**32 - 1])
def test_permutations_are_those_of_datasketch(k, seed):
    perms = permutations(k, seed)
    assert perms.dtype == np.uint32 and perms.shape == (2, k) and (perms == np.stack(MinHash(k, seed=seed, scheme='affine32').permutations)).all()


@given(some, st.sampled_from([1, 7, 128, 2048]), seeds)
@settings(max_examples=150, deadline=None)
def test_signatures_are_those_of_datasketch(hashes, k, seed):
    mine, other = sign(hashes, permutations(k, seed)), theirs(hashes, k, seed)
    assert mine.dtype == other.dtype and (mine == other).all()


def test_large_sets_are_those_of_datasketch():
    rng = random.Random(3)
    for n in (100, 1000, 1001, 5003):
        hashes = [rng.getrandbits(64) for _ in range(n)]
        assert (sign(hashes, permutations(2048)) == theirs(hashes, 2048, 1)).all()


# ---- theory

@njit(nogil=True)
def trials(common, each, n, seed, perms):
    "n pairs of random sets with `common` numbers in both and `each` in one: share of equal places, and has one of the bands of 128 agreed; affine32, fast."
    k = perms.shape[1]
    a, b, c, d = np.empty(k, np.uint32), np.empty(k, np.uint32), np.empty(k, np.uint64), np.empty(k, np.uint64)
    u, m, x, out = np.empty(common + 2 * each, np.uint64), common + each, mix(uint64(seed)), np.zeros((4, n))
    for t in range(n):
        for i in range(len(u)):
            x += uint64(0x9E3779B97F4A7C15); u[i] = mix(x)
        v = np.concatenate((u[:common], u[m:]))
        signature(u, m, perms, a); signature(v, m, perms, b); fast_signature(u, m, c); fast_signature(v, m, d)
        out[0, t], out[1, t] = np.mean(a == b), np.mean(c == d)
        for s in range(0, k - 127, 128):
            out[2, t] = max(out[2, t], np.all(a[s:s + 128] == b[s:s + 128])); out[3, t] = max(out[3, t], np.all(c[s:s + 128] == d[s:s + 128]))
    return out


@pytest.mark.parametrize('size', [1, 2, 10, 100, 300, 1000, 5000])
@pytest.mark.parametrize('j', [.1, .5, .9])
def test_error_is_that_of_theory(size, j):
    "No bias that thousands of pairs could see; the spread of independent coins, and less for the fast sketch of a small set."
    k, n = 256, 3000
    common = max(round(2 * size * j / (1 + j)), 1 if size > 1 else 0)
    if common == size: common -= 1
    true = common / (2 * size - common)
    affine, fast = trials(common, size - common, n, size + int(100 * j), permutations(k))[:2]
    if true == 0: assert affine.max() <= 2 / k and fast.max() == 0; return
    sd = standard_error(true, k)
    for est in (affine, fast): assert abs(est.mean() - true) < 4.5 * sd / n**.5
    assert abs(affine.std() / sd - 1) < .08
    assert abs(fast.std() / sd - .5**.5) < .06 if size <= 100 else .5**.5 - .04 < fast.std() / sd < 1.06


@pytest.mark.parametrize('size', [50, 500, 3000])
def test_bands_agree_as_often_as_theory_says(size):
    "16 bands of 128 rows find a pair of J = 0.98 in 72 of 100 cases, whichever kind."
    common = round(2 * size * .98 / 1.98) - (size == 50)
    p = 1 - (1 - (common / (2 * size - common))**128)**16
    for found in trials(common, size - common, 1500, size, permutations(2048))[2:]: assert abs(found.mean() - p) < 4.5 * (p * (1 - p) / 1500)**.5


# ---- columns

schemes = st.builds(Scheme, permutations=st.integers(1, 40), kind=st.sampled_from(['affine32', 'fast']), seed=st.integers(0, 9),
                    shingling=st.builds(Shingling, n=st.integers(1, 6), unit=st.sampled_from(['word', 'char']), header=st.booleans()))


def plain(texts, scheme):
    sets = shingle_sets(column(texts), scheme.shingling).to_pylist()
    if scheme.kind == 'fast': return [fast_signature_plain(s, scheme.permutations, scheme.seed) for s in sets]
    return [signature_plain(s, permutations(scheme.permutations, scheme.seed)) for s in sets]


@given(st.lists(st.text(max_size=40) | st.text(alphabet='ab #/*-\n é中', max_size=60), max_size=8), schemes, st.data())
@settings(max_examples=200, deadline=None)
def test_columns(texts, scheme, data):
    want = plain(texts, scheme)
    a, b = sorted((data.draw(st.integers(0, len(texts))), data.draw(st.integers(0, len(texts)))))
    got = signatures(column(texts), scheme)
    assert got.shape == (len(texts), scheme.permutations) and got.dtype == scheme.dtype and got.tolist() == want
    assert signatures(column(texts)[a:b], scheme).tolist() == want[a:b]
    assert signatures(pa.chunked_array([column(texts[:a]), column(texts[a:])]), scheme).tolist() == want


@pytest.mark.parametrize('kind', ['affine32', 'fast'])
def test_samples(kind):
    texts = []
    for p in sorted((Path(__file__).parent.parent/'data_samples').rglob('*')):
        try: texts += [p.read_text('utf-8')] if p.is_file() and p.stat().st_size < 4000 else []
        except UnicodeDecodeError: continue
    assert len(texts) > 100
    scheme = Scheme(64, kind)
    assert signatures(column(texts), scheme).tolist() == plain(texts, scheme)


# ---- schemes

@pytest.mark.parametrize('bad', [dict(permutations=0), dict(permutations=2.), dict(permutations=True), dict(kind='affine64'), dict(kind=None), dict(seed=-1), dict(seed=2**32), dict(seed=1.), dict(shingling=None)])
def test_wrong_settings(bad):
    with pytest.raises(ValueError, match=next(iter(bad))): Scheme(**bad)


def test_stores_are_told_apart():
    said = json.loads(json.dumps(describe(Scheme())))
    assert (said['library'], said['version']) == ('opencookbook', opencookbook.__version__)
    check_same(said, describe(Scheme()))
    check_same(said | dict(version='x'), describe(Scheme()))
    for other in (Scheme(256), Scheme(kind='fast'), Scheme(seed=2), *(Scheme(shingling=s) for s in (Shingling(4), Shingling(unit='char'), Shingling(header=False)))):
        with pytest.raises(ValueError, match='one scheme'): check_same(said, describe(other))
    for other in (said | dict(formulas=2), said | dict(library='datasketch'), {k: v for k, v in said.items() if k != 'seed'}, {}):
        with pytest.raises(ValueError, match='one scheme'): check_same(said, other)
        with pytest.raises(ValueError, match='one scheme'): check_same(other, said)


def test_signatures_that_do_not_fit_are_refused():
    a = signatures(column(['a b c']), Scheme(64))[0]
    for b in (a[:32], signatures(column(['a b c']), Scheme(64, 'fast'))[0]):
        with pytest.raises(ValueError, match='one scheme'): estimate(a, b)
    assert replace(Scheme(), kind='fast').dtype == np.uint64
