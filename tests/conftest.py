"""What several tests share: the loaded program, a heavy corpus, a cook that nobody disturbed."""
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from program import Program, cook

from opencookbook.core.doc import docs

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores Ctrl-C for background work, and programs inherit that


@pytest.fixture(scope='session')
def program(tmp_path_factory) -> Iterator[Program]:
    p = Program(tmp_path_factory.mktemp('program'))
    yield p
    p.server.stdin.close(); p.server.wait(); p.server.stdout.close()


@pytest.fixture(scope='session')
def heavy(tmp_path_factory) -> Path:
    "A corpus of 16 shards that takes a while."
    top, rng = tmp_path_factory.mktemp('heavy')/'corpus', random.Random(1)
    top.mkdir()
    words = [''.join(rng.choices('abcdefghij', k=rng.randint(2, 9))) for _ in range(3000)]
    for s in range(16):
        rows = [dict(repo=f'r{s}', path=f'{i}.py', text='\n'.join(' '.join(rng.choices(words, k=9)) for _ in range(250))) for i in range(120)]
        pq.write_table(docs(rows), top/f'{s:02}.parquet')
    return top


@pytest.fixture(scope='session')
def calm(tmp_path_factory) -> tuple[Path, float]:
    "A cook nobody disturbed, and how long it took."
    out = tmp_path_factory.mktemp('calm')
    t = time.monotonic()
    p = cook(out)
    said = p.communicate(timeout=300)[0]
    assert p.returncode == 0, said
    return out, time.monotonic() - t
