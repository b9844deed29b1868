"""Clusters, measured: union-find fed from batches beside scipy's connected components, on the same random edges, each in a process of its own. Prints JSON.

usage: python tests/benchmarks/bench_clusters.py [--nodes 100000000] [--edges 50000000]

CPU time leaves out drawing the edges. Peak memory is that of the whole process; scipy's holds all edges, as it must, ours one batch.
"""
import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np

BATCH = 1_000_000  # edges


def drawn(nodes: int, edges: int, dtype: type) -> Iterator[np.ndarray]:
    "Random edges, the same ones for everybody, one batch at a time."
    for start in range(0, edges, BATCH):
        yield np.random.default_rng(start).integers(0, nodes, (min(BATCH, edges - start), 2), dtype=dtype)


def peak_mb() -> float: return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def cpu(work) -> tuple[object, float]:
    "What `work()` returns, and its CPU seconds."
    t = time.process_time()
    return work(), time.process_time() - t


def ours(nodes: int, edges: int) -> dict:
    "A flat forest, edge batch by edge batch."
    from opencookbook.data.clusters import connect, new_forest, roots
    small = new_forest(2); connect(small, np.array([[0, 1]], np.uint32)); roots(small)  # compiled before the clock starts
    base = peak_mb()
    parent, seconds = cpu(lambda: new_forest(nodes))
    left = nodes
    for batch in drawn(nodes, edges, np.uint32):
        joined, s = cpu(lambda: connect(parent, batch))
        left, seconds = left - joined, seconds + s
    _, flat = cpu(lambda: roots(parent))
    return dict(cpu_s=seconds + flat, cpu_s_connect=seconds, cpu_s_roots=flat, peak_mb=peak_mb(), base_mb=base, clusters=left)


def by_scipy(nodes: int, edges: int) -> dict:
    "A sparse matrix of all edges, then `connected_components`."
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    base = peak_mb()
    ends = np.empty((2, edges), np.int32)
    for i, batch in enumerate(drawn(nodes, edges, np.uint32)): ends[:, i * BATCH:i * BATCH + len(batch)] = batch.T
    graph, build = cpu(lambda: coo_array((np.ones(edges, np.int8), tuple(ends)), shape=(nodes, nodes)).tocsr())
    ends = None  # the matrix has its own copy
    (n, _), walk = cpu(lambda: connected_components(graph, directed=False))
    return dict(cpu_s=build + walk, cpu_s_matrix=build, cpu_s_components=walk, peak_mb=peak_mb(), base_mb=base, clusters=n)


WAYS = dict(ours=ours, scipy=by_scipy)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument('--nodes', type=int, default=100_000_000)
    ap.add_argument('--edges', type=int, default=50_000_000)
    ap.add_argument('--only', choices=WAYS, help=argparse.SUPPRESS)
    a = ap.parse_args()
    if a.only: print(json.dumps(WAYS[a.only](a.nodes, a.edges))); return
    out = dict(nodes=a.nodes, edges=a.edges)
    for way in WAYS:
        r = subprocess.run([sys.executable, __file__, '--only', way, '--nodes', str(a.nodes), '--edges', str(a.edges)], stdout=subprocess.PIPE, text=True, check=True)
        out[way] = json.loads(r.stdout.splitlines()[-1])
    if out['ours']['clusters'] != out['scipy']['clusters']: sys.exit(f'clusters differ: {out}')
    out['times_faster'] = out['scipy']['cpu_s'] / out['ours']['cpu_s']
    out['times_faster_than_components_alone'] = out['scipy']['cpu_s_components'] / out['ours']['cpu_s']
    out['times_smaller'] = out['scipy']['peak_mb'] / out['ours']['peak_mb']
    print(json.dumps(out))


if __name__ == '__main__': main()
