"""The stage `fuzzy` on any machine and in any accident: shuffles, workers, Ray, a Ray node killed at work, kill -9 in every phase."""
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest
from program import BIN, ENV, ROOT, digest, table, wait_for
from test_fuzzy import corpus, versions

from opencookbook.core import engine
from opencookbook.core.engine import Engine
from opencookbook.core.step import Step, run_into
from opencookbook.data import fuzzy as stage
from opencookbook.data.fuzzy import Fuzzy

SHARDS = 6


def fuzzy(src: Path, out: Path, bands: int = 64, rows: int = 8, **where) -> Path:
    "Run the stage as the program does, in buckets so small that there are many."
    stage.HASHES, stage.SUSPECTS = 6_000, 30_000
    return run_into(Step('fuzzy', stage.fuzzy, dict(how=Fuzzy(bands, rows, .7), adds=None)), out, dict(docs=src), Engine(quiet=True, **where))


@pytest.fixture(autouse=True)
def sizes(monkeypatch):
    "What `fuzzy` sets is put back."
    for name in ('HASHES', 'SUSPECTS'): monkeypatch.setattr(stage, name, getattr(stage, name))


def only(*phases: str) -> None:
    "Let the other phases do without workers: in each they take seconds to start."
    each, titles = engine.each, [f'fuzzy: {p}' for p in phases]
    def fewer(where, fn, tasks, title=''): return each(where if title in titles else replace(where, runner='native', workers=1), fn, tasks, title)
    engine.each = stage.each = fewer


def start(code: str, env: dict[str, str] = {}) -> subprocess.Popen:
    "Run some of this file in a process that leads a session of its own."
    code = f"import sys; sys.path.insert(0, 'tests')\nfrom test_fuzzy_hard import *\n{code}"
    return subprocess.Popen([sys.executable, '-c', code], cwd=ROOT, env={**ENV, **env}, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def members(session: int) -> list[int]:
    "Living processes of a session."
    found = []
    for p in Path('/proc').glob('[0-9]*/stat'):
        try: state, _, _, sid = p.read_text().rsplit(')', 1)[1].split()[:4]
        except OSError: continue
        if int(sid) == session and state not in 'ZX': found.append(int(p.parent.name))
    return found


def end(p: subprocess.Popen) -> None:
    "Kill -9 for everything in the session that a process leads, until nothing is left."
    while left := members(p.pid):
        for pid in left:
            try: os.kill(pid, signal.SIGKILL)
            except ProcessLookupError: pass
        if p.pid in left: p.wait()
    p.wait()
    if p.stdout: p.stdout.close()


def says(p: subprocess.Popen, seconds: float) -> str:
    "What a run says until its end; when that does not come, it is ended and fails the test."
    try: return p.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired as e: pytest.fail(f'no end after {seconds} s: {e.output}')
    finally: end(p)


def shuffled(top: Path, seed: int) -> Path:
    rows = versions(random.Random(5), 70)
    random.Random(seed).shuffle(rows)
    return corpus(top/f'in{seed}', rows, SHARDS)


def parts(out: Path, what: str) -> list[Path]:
    "Files of an unfinished result."
    return [*out.parent.glob(f'{out.name}.*.partial/{what}')]


# ---------------------------------------------------------------- kill -9

@pytest.fixture(scope='module')
def calm_run(tmp_path_factory) -> tuple[Path, dict[str, str]]:
    "A corpus, and what nobody disturbed made of it."
    top = tmp_path_factory.mktemp('calm')
    src = shuffled(top, 0)
    return src, digest(fuzzy(src, top/'out', workers=1))


PHASES = [('hash', '_bands'), ('hash', '_hashes'), ('match', '_edges'), ('collect', '_suspects'), ('prove', '_proofs'), ('drop', '_lists'), ('drop', '_stats'), ('index', '_index')]


@pytest.mark.parametrize('phase, folder', PHASES)
@pytest.mark.parametrize('victim', ['all', 'parent'])
def test_killed_in(phase: str, folder: str, victim: str, calm_run, tmp_path: Path):
    "Killed at the first file in a folder: nothing under the final name, nobody goes on working; the next run makes the same bytes and leaves nothing else."
    src, want = calm_run
    p = start(f'only({phase!r}); fuzzy(Path({str(src)!r}), Path({str(tmp_path)!r})/"out", workers=2)')
    try:
        wait_for(lambda: parts(tmp_path/'out', f'{folder}/[!.]*') or p.poll() is not None)
        assert p.poll() is None, p.stdout.read()
        os.killpg(p.pid, signal.SIGKILL) if victim == 'all' else p.kill()
        p.wait()
        assert not (tmp_path/'out').exists() and parts(tmp_path/'out', f'{folder}/[!.]*')
        wait_for(lambda: not members(p.pid), 10)
    finally: end(p)
    assert digest(fuzzy(src, tmp_path/'out', workers=1)) == want
    assert os.listdir(tmp_path) == ['out'] and not [*tmp_path.rglob('*.tmp'), *tmp_path.rglob('*.lock')]


# ---------------------------------------------------------------- Ray

class Cluster(NamedTuple):
    "Two Ray nodes on this machine, one core each."
    address: str
    env: dict[str, str]       # what lets a process in
    node: subprocess.Popen    # leads the session of the one that is not the head


def free_port() -> int:
    with socket.socket() as s: s.bind(('127.0.0.1', 0)); return s.getsockname()[1]


@contextmanager
def ray_node(env: dict[str, str], *more: str) -> Iterator[subprocess.Popen]:
    "A Ray node with a folder of its own, in a session of its own; all of it is gone at the end."
    top = tempfile.mkdtemp(prefix='ray')  # short: sockets lie in it
    with open(f'{top}/said', 'w') as said:
        p = subprocess.Popen([BIN.with_name('ray'), 'start', '--block', '--num-cpus', '1', '--object-store-memory', '80000000', '--temp-dir', top,
                              '--node-ip-address', '127.0.0.1', '--disable-usage-stats', *more], env=env, cwd=top, start_new_session=True, stdout=said, stderr=said)
    try:
        wait_for(lambda: 'Ray runtime started' in Path(f'{top}/said').read_text() or p.poll() is not None)
        assert p.poll() is None, Path(f'{top}/said').read_text()[-2000:]
        yield p
    finally: end(p); shutil.rmtree(top, ignore_errors=True)


@pytest.fixture(scope='module')
def cluster() -> Iterator[Cluster]:
    if not find_spec('ray'): pytest.skip('needs Ray: pip install opencookbook[cluster]')
    door = dict(RAY_AUTH_MODE='token', RAY_AUTH_TOKEN=secrets.token_hex(16), RAY_USAGE_STATS_ENABLED='0')
    soon = dict(RAY_health_check_period_ms='500', RAY_health_check_initial_delay_ms='500', RAY_health_check_failure_threshold='3')  # a dead node is noticed
    address, env = f'127.0.0.1:{free_port()}', {**ENV, **door, **soon}
    with ray_node(env, '--head', '--port', address.split(':')[1], '--include-dashboard', 'false', '--ray-client-server-port', str(free_port())), \
         ray_node(env, '--address', address) as node: yield Cluster(address, door, node)


def test_same_on_ray_and_here_in_any_order(cluster: Cluster, tmp_path: Path):
    "Bytes depend on neither workers nor machine, survivors not even on the order of documents."
    sources = [shuffled(tmp_path, s) for s in range(3)]
    p = start(f'os.chdir({str(tmp_path)!r}); fuzzy(Path("in0"), Path("ray"), runner="ray", address={cluster.address!r})', cluster.env)  # names that mean nothing where the workers stand; as many of these as cores
    said = says(p, 120)
    assert p.returncode == 0, said
    one = [fuzzy(src, tmp_path/f'one-{s}', workers=1) for s, src in enumerate(sources)]
    assert digest(tmp_path/'ray') == digest(fuzzy(sources[0], tmp_path/'two', workers=2)) == digest(one[0])
    kept = [set(table(o)['path'].to_pylist()) for o in one]
    assert kept[0] == kept[1] == kept[2] and len(kept[0]) < len(table(sources[0]))


def long_files(top: Path) -> Path:
    "Files that take some seconds to hash, each with a near-copy."
    rng, rows = random.Random(9), []
    words = [f'w{i}' for i in range(3000)]
    for i in range(480):
        text = rng.choices(words, k=1500)
        rows += [dict(repo='r', path=f'{i:03}/{n}', text=' '.join(t)) for n, t in enumerate((text, [*text[:-1], 'end']))]
    return corpus(top/'long', rows, 48)


def at_work(node: subprocess.Popen) -> list[int]:
    "Processes of a Ray node that run a task of ours now."
    found = []
    for pid in members(node.pid):
        try: found += [pid] * Path(f'/proc/{pid}/cmdline').read_bytes().startswith(b'ray::UDFActor.eval_input')
        except OSError: continue
    return found


def test_a_ray_node_killed_at_work(cluster: Cluster, tmp_path: Path):
    "What ran on the node runs again on the other one, in the same run; a later phase does with the one core that is left."
    src, how = long_files(tmp_path), dict(bands=200, rows=80)
    p = start(f'only("hash", "index"); fuzzy(Path({str(src)!r}), Path({str(tmp_path)!r})/"out", runner="ray", address={cluster.address!r}, workers=2, **{how})', cluster.env)
    try:
        wait_for(lambda: at_work(cluster.node) and parts(tmp_path/'out', '_hashes/*.arrow') or p.poll() is not None)
        assert p.poll() is None, p.stdout.read()
        end(cluster.node)
        done = len(parts(tmp_path/'out', '_hashes/*.arrow'))
        assert 0 < done < 48
        said = says(p, 90)
    finally: end(p)
    assert p.returncode == 0, said
    assert digest(tmp_path/'out') == digest(fuzzy(src, tmp_path/'here', workers=1, **how))
