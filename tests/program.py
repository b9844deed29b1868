"""The program as tests call it, and what it leaves behind."""
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from opencookbook.core.engine import batches, shards
from opencookbook.core.ledger import LEDGER

ROOT = Path(__file__).resolve().parent.parent
ENV = {**os.environ, 'HF_HUB_OFFLINE': '1', 'COLUMNS': '80', 'TERM': 'dumb', 'PYTHONWARNINGS': 'default,ignore::ResourceWarning'}  # the engine leaves the pipes of its workers to the system
BIN = Path(sys.executable).parent/'opencookbook'
SAMPLES = str(ROOT/'data_samples'/'files')


class Said(NamedTuple):
    "How a call ended."
    status: int
    out: str
    err: str


LOADED = """
import json, os, sys
from opencookbook.recipes import cli
print('ready', flush=True)
for line in sys.stdin:
    args, cwd, out, err = json.loads(line)
    if not (pid := os.fork()):
        for fd, name in ((1, out), (2, err)): os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), fd)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(cwd); sys.argv[1:] = args
        try: cli.main()
        except SystemExit as e: sys.stdout.flush(); os._exit(e.code or 0)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


class Program:
    "The program, loaded once: each call is a fork of it, a process of its own that starts in no time."
    def __init__(self, tmp: Path):
        self.tmp = tmp
        self.server = subprocess.Popen([sys.executable, '-c', LOADED], env=ENV, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.server.stdout.readline() == 'ready\n'

    def __call__(self, *args, cwd: Path = ROOT) -> Said:
        out, err = self.tmp/'stdout', self.tmp/'stderr'
        self.server.stdin.write(json.dumps([[str(a) for a in args], str(cwd), str(out), str(err)]) + '\n'); self.server.stdin.flush()
        return Said(int(self.server.stdout.readline()), out.read_text(), err.read_text())

    def ok(self, *args, **kw) -> dict:
        "Call with --json; it must succeed and say nothing but one JSON value."
        said = self(*args, '--json', **kw)
        assert said.status == 0 and not said.err, said
        assert said.out.count('\n') == 1
        return json.loads(said.out)

    def fails(self, *args, **kw) -> str:
        "Call; it must fail with one clear line on the error stream and nothing else."
        said = self(*args, **kw)
        assert said.status == 1 and not said.out, said
        assert re.fullmatch(r'error: [^\n]{12,}\n', said.err) and 'Traceback' not in said.err and 'Errno' not in said.err, said
        return said.err


def table(path: Path) -> pa.Table:
    "A corpus as one table."
    return pa.concat_tables([t for s in shards(path) for t in batches(s)])


def ledger(out: Path) -> list[dict]:
    "The ledger of a stage, wherever it lies."
    paths = [out.with_suffix('.ledger.parquet')] if out.suffix == '.parquet' else sorted((out/'_ledger').glob('*.parquet'))
    assert all(pq.read_schema(p).remove_metadata() == LEDGER for p in paths)
    return [r for p in paths for r in pq.read_table(p).to_pylist()]


def tree(top: Path) -> dict[str, tuple[int, bytes]]:
    return {str(p.relative_to(top)): (p.stat().st_mtime_ns, p.read_bytes()) for p in sorted(top.rglob('*')) if p.is_file()}


def wait_for(found, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, 'waited too long'
        time.sleep(.01)


GOOD = ROOT/'data_samples'/'files'/'good'
LINES = (GOOD/'rate_limiter.py').read_text()
ROWS = [dict(repo='me/a', path='src/sum.py', text=LINES), dict(repo='me/b', path='lib/sum.py', text=LINES), dict(repo='me/b', path='lib/né.py', text='x = "é"\n'),
        dict(repo='me/b', path='lib/gap.js', text=(GOOD/'undo_stack.js').read_text())]


def own(path: Path, **types) -> Path:
    pq.write_table(pa.table({k: pa.array([r[k] for r in ROWS], types.get(k)) for k in ROWS[0]}), path)
    return path


TIMES = ('_timing.json', 'timing.json', 'report.html')  # the only files that may differ


def cook(out: Path, *more: str) -> subprocess.Popen:
    "Start a cook of the sample recipe in a process group of its own."
    cmd = [sys.executable, '-m', 'opencookbook', 'cook', 'sample', '--runs', str(out), '--quiet', *more]
    return subprocess.Popen(cmd, cwd=ROOT, env=ENV, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def digest(out: Path) -> dict[str, str]:
    "Hash of every file a run left, but the timings and the locks."
    return {str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(out.rglob('*')) if p.is_file() and p.name not in TIMES and not p.name.endswith('.lock')}
