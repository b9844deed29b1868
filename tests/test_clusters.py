"""Clusters: buckets, stars and the forest, tried hard. Outside authority: scipy's connected components."""
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from opencookbook.data.clusters import components, connect, in_company, new_forest, node_type, roots, star_edges

WIDTHS = (np.uint32, np.uint64)


def by_scipy(edges: np.ndarray, n: int) -> np.ndarray:
    "For each node the smallest one of its component."
    label = connected_components(coo_array((np.ones(len(edges), np.int8), (edges[:, 0], edges[:, 1])), shape=(n, n)), directed=False)[1]
    least = np.full(label.max(initial=-1) + 1, n)
    np.minimum.at(least, label, np.arange(n))
    return least[label]


def forest_of(edges: np.ndarray, n: int, dtype: type = np.uint32, pieces: int = 1) -> tuple[np.ndarray, int]:
    "The forest of some edges, not flattened, and the number of joins."
    parent = new_forest(n, dtype)
    return parent, sum(connect(parent, e) for e in np.array_split(edges, pieces))


@pytest.mark.parametrize('dtype', WIDTHS)
@pytest.mark.parametrize('per_node', (.1, .5, .6, 1, 4))
def test_random_graphs_as_scipy(per_node, dtype):
    for seed in range(30):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(1, 3000))
        edges = rng.integers(0, n, (int(n * per_node), 2), dtype=rng.choice([np.int32, np.int64, np.uint32, np.uint64]))
        parent, joined = forest_of(edges, n, dtype, pieces=seed % 7 + 1)
        assert (parent <= np.arange(n)).all()  # before and after it is flat, no parent is larger than its child
        want = by_scipy(edges, n)
        assert joined == n - len(np.unique(want))
        assert (roots(parent) == want).all() and parent.dtype == dtype
        assert (roots(parent.copy()) == parent).all()
        nodes, root = components(parent)
        company = np.bincount(want, minlength=n)[want] > 1
        assert (nodes == np.flatnonzero(company)).all() and (root == want[company]).all() and nodes.dtype == root.dtype == dtype


def shapes(n: int) -> dict[str, np.ndarray]:
    "Graphs with one component whose edges come in awkward orders."
    i, rng = np.arange(n - 1), np.random.default_rng(0)
    chain = np.stack([i, i + 1], 1)
    return dict(up=chain, down=chain[::-1], backward=chain[:, ::-1], mixed=rng.permutation(chain), high_star=np.stack([i, np.full(n - 1, n - 1)], 1),
                low_star=np.stack([np.zeros(n - 1, int), i + 1], 1), middle_star=np.stack([np.full(n - 1, n // 2), rng.permutation(np.delete(np.arange(n), n // 2))], 1),
                odd_then_even=np.concatenate([chain[::2], chain[1::2]]), two_ends=np.stack([np.arange(n), n - 1 - np.arange(n)], 1))


@pytest.mark.parametrize('dtype', WIDTHS)
@pytest.mark.parametrize('shape', shapes(4))
def test_chains_and_stars(shape, dtype):
    for n in (2, 3, 10, 1001):
        edges = shapes(n)[shape]
        assert (roots(forest_of(edges, n, dtype)[0]) == by_scipy(edges, n)).all()


@pytest.mark.parametrize('shape', shapes(4))
def test_awkward_orders_stay_near_linear(shape):
    "Without halving, a chain joined from its far end walks n²/2 steps: minutes, not a blink."
    connect(new_forest(2), np.array([[0, 1]]))
    t = time.process_time()
    roots(forest_of(shapes(1_000_000)[shape], 1_000_000)[0])
    assert time.process_time() - t < 5


def test_far_ends_of_a_long_path():
    "A path of parents, asked from its far end again and again."
    n = 1_000_000
    parent = np.concatenate([[0], np.arange(n - 1)]).astype(np.uint32)
    t = time.process_time()
    assert connect(parent, np.full((2000, 2), n - 1)) == 0
    assert time.process_time() - t < 2 and (roots(parent) == 0).all()


def test_loops_join_nothing():
    loops = np.repeat(np.arange(50), 2).reshape(-1, 2)
    parent, joined = forest_of(loops, 50)
    assert joined == 0 and (parent == np.arange(50)).all() and components(parent)[0].size == 0


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 12).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=20))), st.randoms())
def test_order_direction_and_width_do_not_matter(graph, chance):
    n, edges = graph
    turned = [e[::chance.choice((1, -1))] for e in chance.sample(edges, len(edges))]
    first, joined = forest_of(np.array(edges, np.int64).reshape(-1, 2), n)
    other, joined_too = forest_of(np.array(turned, np.int64).reshape(-1, 2), n, np.uint64, pieces=3)
    assert joined == joined_too and (roots(first) == roots(other)).all()
    assert (first == by_scipy(np.array(edges, np.int64).reshape(-1, 2), n)).all()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6) | st.sampled_from([2**63, 2**64 - 1]), st.integers(0, 9)), max_size=40), st.randoms())
def test_stars_say_what_all_pairs_say(rows, chance):
    def arrays(rows, dtype): return np.array([h for h, _ in rows], np.uint64), np.array([d for _, d in rows], dtype)
    hashes, nodes = arrays(rows, np.uint32)
    edges = star_edges(hashes, nodes)
    pairs = np.array([(a, b) for h, a in rows for g, b in rows if g == h and h], np.int64).reshape(-1, 2)
    assert edges.dtype == np.uint32 and edges.shape[1] == 2
    assert (roots(forest_of(edges, 10)[0]) == by_scipy(pairs, 10)).all()
    for h in {h for h, _ in rows} - {0}: assert {*map(tuple, edges.tolist())} >= {(min(m), d) for m in [{d for g, d in rows if g == h}] for d in m - {min(m)}}
    assert len(edges) == sum(d != min(e for g, e in rows if g == h) for h, d in rows if h)
    shuffled = star_edges(*arrays(chance.sample(rows, len(rows)), np.uint64))  # neither the order of rows nor the width changes a thing
    assert shuffled.dtype == np.uint64 and (shuffled == edges).all()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 8), max_size=40))
def test_in_company(values):
    assert in_company(np.array(values, np.uint64)).tolist() == [i for i, v in enumerate(values) if v and values.count(v) > 1]


def test_one_bucket_is_linear():
    def cost(n: int) -> float:
        hashes, nodes = np.full(n, 7, np.uint64), np.random.default_rng(0).permutation(n).astype(np.uint32)
        t = time.process_time()
        edges = star_edges(hashes, nodes)
        parent = new_forest(n)
        joined = connect(parent, edges)
        spent = time.process_time() - t
        assert edges.shape == (n - 1, 2) and joined == n - 1 and (edges[:, 0] == 0).all() and (edges[:, 1] == np.arange(1, n)).all()
        assert (roots(parent) == 0).all()
        return spent
    cost(10)
    assert min(cost(50_000) for _ in range(3)) < .5
    assert min(cost(1_600_000) for _ in range(3)) < 32 * 6 * max(min(cost(50_000) for _ in range(5)), .002)  # 32 times as much; all pairs would take 1,024 times


def test_many_bands_of_one_table():
    "Buckets of several bands, fed one after the other, against all edges at once."
    rng = np.random.default_rng(5)
    table = rng.integers(0, 4000, (3000, 8)).astype(np.uint64)
    nodes, parent = np.arange(3000, dtype=np.uint32), new_forest(3000)
    for b in range(8): connect(parent, star_edges(table[:, b], nodes))
    edges = np.concatenate([star_edges(table[:, b], nodes) for b in range(8)])
    assert (roots(parent) == by_scipy(edges, 3000)).all()


def test_types_and_memory():
    assert [node_type(n) for n in (1, 2**32, 2**32 + 1, 10**11)] == [np.uint32, np.uint32, np.uint64, np.uint64]
    assert new_forest(1000).nbytes == 4000 and new_forest(1000, np.uint64).nbytes == 8000
    parent = new_forest(100)
    assert roots(parent) is parent


def test_strided_and_readonly_edges():
    table = np.arange(40, dtype=np.uint32).reshape(10, 4)
    table.flags.writeable = False
    for edges in (table[:, :2], table[:, ::3], np.asfortranarray(table[:, 1:3])):
        assert (roots(forest_of(edges, 40)[0]) == by_scipy(edges, 40)).all()


@pytest.mark.parametrize('edges, says', [
    (np.array([[0, 5]]), 'forest has 0 to 4'), (np.array([[0, -1]]), '-1 to 0'), (np.array([[0, 2**32]]), 'forest has'), (np.array([[2**64 - 1, 0]], np.uint64), 'forest has'),
    (np.zeros((3, 3), int), 'shape'), (np.zeros(4, int), 'shape'), (np.zeros((2, 2)), 'float64')])
def test_bad_edges_are_refused_and_change_nothing(edges, says):
    for dtype in WIDTHS:
        parent = new_forest(5, dtype)
        with pytest.raises(ValueError, match=says) as e: connect(parent, edges)
        assert '\n' not in str(e.value) and (parent == np.arange(5)).all()


@pytest.mark.parametrize('what', [lambda: new_forest(-1), lambda: new_forest(10, np.int32), lambda: new_forest(2**32 + 1, np.uint32), lambda: new_forest(10, np.float64),
                                  lambda: star_edges(np.zeros((3, 2), np.uint64), np.arange(3)), lambda: star_edges(np.zeros(3, np.uint64), np.arange(2))])
def test_bad_input_in_one_line(what):
    with pytest.raises(ValueError) as e: what()
    assert '\n' not in str(e.value) and len(str(e.value)) > 20
