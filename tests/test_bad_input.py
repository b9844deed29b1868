"""The program and what may go wrong around it: one clear line, nothing half-written, and the same bytes once the cause is gone."""
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from program import BIN, ENV, ROOT, ROWS, SAMPLES, Program, cook, digest, ledger, own, table, tree, wait_for

from opencookbook.core.doc import docs
from opencookbook.data.files import Limits

STAGES = ('preprocess', 'exact', 'fuzzy', 'copyright', 'pii', 'signals', 'filters', 'sample', 'split')


def clean(top: Path) -> bool:
    "No temporary file and no lock; what is unfinished does not bear a final name."
    return not [p for p in top.rglob('*') if p.name.endswith(('.tmp', '.lock')) and p.name != '.cook.lock']


def same(a: Path, b: Path) -> bool:
    "Equal bytes, but for the timings."
    told = [{k: v[1] for k, v in tree(p).items() if Path(k).name != '_timing.json'} if p.is_dir() else p.read_bytes() for p in (a, b)]
    return told[0] == told[1]


def run(*args, cwd: Path = ROOT, **kw) -> subprocess.Popen:
    "Start the program in a process group of its own."
    return subprocess.Popen([str(BIN), *map(str, args)], env=ENV, cwd=cwd, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **kw)


def ended(p: subprocess.Popen) -> tuple[str, str]:
    "What it said on both streams; a program that waits for ever is ended, and fails the test."
    try: return p.communicate(timeout=60)
    except subprocess.TimeoutExpired: os.killpg(p.pid, signal.SIGKILL); p.communicate(); raise


def one_error(p: subprocess.Popen, needle: str) -> None:
    "Wait: it must end with one line that says so."
    out, err = ended(p)
    assert (p.returncode, out) == (1, '') and err.startswith('error: ') and err.count('\n') == 1 and needle in err and 'errno' not in err.lower(), (p.returncode, out, err)


# ---------------------------------------------------------------- what comes in

def test_a_folder_of_troubles(program: Program, tmp_path: Path):
    "Every file is a document or a ledger row; none stops the harvest."
    top, limit = tmp_path/'in', Limits.max_bytes
    top.mkdir()
    for name, data in {'cap.py': b'x' * limit, 'over.py': b'x' * (limit + 1), 'empty.py': b'', 'nul.py': b'a\0b', 'wide.txt': 'naïve\n'.encode('utf-16'), 'cut.gz': b'\x1f\x8b\x08'}.items():
        (top/name).write_bytes(data)
    (top/'loop').symlink_to('.'); (top/'self').symlink_to('self'); (top/'etc').symlink_to('/etc')
    said = program.ok('harvest', top, tmp_path/'out')
    assert (said['rows_in'], said['rows_out']) == (9, 3)
    assert {*table(tmp_path/'out')['path'].to_pylist()} == {'cap.py', 'empty.py', 'wide.txt'} and 'naïve\n' in table(tmp_path/'out')['text'].to_pylist()
    gone = {r['path']: (r['rule'], r['threshold']) for r in ledger(tmp_path/'out') if r['action'] == 'drop'}
    assert gone == {'over.py': ('size', limit), 'nul.py': ('binary', None), 'cut.gz': ('binary', None), 'loop': ('link', None), 'self': ('link', None), 'etc': ('link', None)}


def test_archives_that_strangers_packed(program: Program, tmp_path: Path):
    "A bomb, an escape and a torn file: ledger rows, and nothing is written outside OUT."
    bomb, escape, torn = (tmp_path/'in'/n for n in ('bomb.zip', 'escape.zip', 'torn.tar.gz'))
    bomb.parent.mkdir()
    with zipfile.ZipFile(bomb, 'w', zipfile.ZIP_DEFLATED) as z: z.writestr('big.py', b'a' * 10**9); z.writestr('ok.py', b'x = 1\n')
    with zipfile.ZipFile(escape, 'w') as z: z.writestr('../../evil.py', b'x'); z.writestr('/etc/evil.py', b'x'); z.writestr('ok.py', b'y = 1\n')
    torn.write_bytes(b'\x1f\x8b\x08\0\0\0\0\0\0\3' + b'\xff' * 100)
    before = tree(tmp_path)
    said = program.ok('harvest', f'archives:{bomb.parent}', tmp_path/'out')
    rules = {(r['path'].rpartition('/')[2], r['rule']) for r in ledger(tmp_path/'out')}
    assert said['rows_out'] == 2 and {p.rpartition('/')[2] for p in table(tmp_path/'out')['path'].to_pylist()} == {'ok.py'}
    assert {('big.py', 'size'), ('evil.py', 'escape'), ('torn.tar.gz', 'broken')} <= rules, rules
    assert {k: v for k, v in tree(tmp_path).items() if not k.startswith('out')} == before and not (tmp_path.parent/'evil.py').exists()


DAMAGE = {
    'truncated': (lambda p: p.write_bytes(p.read_bytes()[:-20]), 'not a readable Parquet file'),
    'cut in half': (lambda p: p.write_bytes(p.read_bytes()[:p.stat().st_size // 2]), 'not a readable Parquet file'),
    'garbage': (lambda p: p.write_bytes(bytes(range(256)) * 16), 'not a readable Parquet file'),
    'empty': (lambda p: p.write_bytes(b''), 'not a readable Parquet file'),
    'pages of zeros': (lambda p: p.write_bytes(p.read_bytes()[:4] + bytes(200) + p.read_bytes()[204:]), ''),
    'two texts': (lambda p: pq.write_table(pa.Table.from_arrays([pa.array([r[k] for r in ROWS]) for k in (*ROWS[0], 'text')], [*ROWS[0], 'text']), p), 'column text occurs twice'),
    'ids below zero': (lambda p: own_with(p, doc_id=[-1, 2, 3, 4]), 'a.parquet: column doc_id holds no ids (int64)'),
    'ids of letters': (lambda p: own_with(p, doc_id=['a', 'b', 'c', 'd']), 'a.parquet: column doc_id holds no ids (string)'),
    'text is a number': (lambda p: own_with(p, text=[1, 2, 3, 4]), 'text'),
    'path is a list': (lambda p: own_with(p, path=[['a'], ['b'], ['c'], ['d']]), 'path'),
    'no repo': (lambda p: own_with(p, repo=[None, 'b', 'c', 'd']), 'repo'),
    'twice': (lambda p: own_with(p, repo=['a'] * 4, path=['x.py', 'y.py', 'x.py', 'z.py']), 'occurs 2 times'),
    'two shards, one file': (lambda p: shutil.copy(p, p.with_name('b.parquet')), 'occurs 2 times'),
}


def own_with(to: Path, **columns) -> None:
    "The small table with other columns."
    pq.write_table(pa.table({k: [r[k] for r in ROWS] for k in ROWS[0]} | columns), to)


@pytest.mark.parametrize('stage', STAGES)
@pytest.mark.parametrize('how', DAMAGE)
def test_tables_that_are_none(program: Program, tmp_path: Path, stage: str, how: str):
    damage, needle = DAMAGE[how]
    (tmp_path/'in').mkdir(); damage(own(tmp_path/'in'/'a.parquet'))
    more = ['--share', '.5'] if stage == 'split' else []
    said = program.fails(stage, tmp_path/'in', tmp_path/'out', '--workers', 1, *more)
    assert needle in said and [*tmp_path.iterdir()] == [tmp_path/'in']  # nothing was finished, so nothing is left


@pytest.mark.parametrize('name', ['out', 'out.parquet'])
def test_one_bad_shard_costs_no_other(program: Program, tmp_path: Path, name: str):
    "A shard that fails half way leaves the finished ones and no result; once it is mended, the same call leaves the result and nothing else."
    top = tmp_path/'in'; top.mkdir()
    for i in range(4): pq.write_table(docs([dict(repo=f'r{i}', path=f'{n}.py', text=f'x = {n}\n' * (40 - i)) for n in range(20)]), top/f'{i}.parquet')
    good = (top/'3.parquet').read_bytes()
    own_with(top/'3.parquet', text=[1, 2, 3, 4])  # only who reads the texts can know
    assert '3.parquet: column text is int64' in program.fails('signals', top, tmp_path/name, '--workers', 1)
    assert not (tmp_path/name).exists() and len([*tmp_path.glob('*.partial/_stats/[012].json')]) == 3
    (top/'3.parquet').write_bytes(good)
    program.ok('signals', top, tmp_path/name, '--workers', 1)
    assert {p.name for p in tmp_path.iterdir()} == {'in', name} | ({'out.ledger.parquet'} if name == 'out.parquet' else set())
    program.ok('signals', top, tmp_path/f'calm-{name}', '--workers', 1)
    assert same(tmp_path/name, tmp_path/f'calm-{name}') and clean(tmp_path)


PLACES = {'folder': lambda p: p.mkdir(), 'pipe': os.mkfifo, 'link to nothing': lambda p: p.symlink_to('nowhere'), 'link to itself': lambda p: p.symlink_to(p.name)}


@pytest.mark.parametrize('what', PLACES)
def test_what_stands_in_place_of_a_shard(tmp_path: Path, what: str):
    "Nothing that bears the name of a shard is passed over in silence, or waited for."
    (tmp_path/'in').mkdir(); own(tmp_path/'in'/'a.parquet'); PLACES[what](tmp_path/'in'/'b.parquet')
    one_error(run('exact', tmp_path/'in', tmp_path/'out', '--workers', 1), 'b.parquet is not a readable Parquet file')
    assert [*tmp_path.iterdir()] == [tmp_path/'in']


def test_pipes_in_a_source(tmp_path: Path):
    "A pipe among archives or lines is a ledger row; among Parquet files it is an error. Nobody waits for it."
    for name in ('zips/a.zip', 'lines/a.jsonl', 'tables/a.parquet'): (tmp_path/name).parent.mkdir(); os.mkfifo(tmp_path/name)
    with zipfile.ZipFile(tmp_path/'zips'/'b.zip', 'w') as z: z.writestr('ok.py', b'x = 1\n')
    (tmp_path/'lines'/'b.jsonl').write_text('{"text": "x = 1", "path": "ok.py", "repo": "r"}\n')
    for kind, top in (('archives', 'zips'), ('tables', 'lines')):
        out, err = ended(run('harvest', f'{kind}:{tmp_path/top}', tmp_path/f'{top}-out', '--workers', 1))
        assert err == '' and out.startswith('harvest: 2 in, 1 out, 1 dropped')
        assert [r['rule'] for r in ledger(tmp_path/f'{top}-out')] == ['special']
    one_error(run('harvest', f'tables:{tmp_path}/tables', tmp_path/'out'), 'a.parquet is not a whole Parquet file (Stop: no regular file)')


def test_rows_that_are_none(program: Program, tmp_path: Path):
    src = own(tmp_path/'mine.parquet')
    for n, ids in enumerate((None, ['a'] * 4, [[1, 2]] * 4)):
        own_with(src, **({'input_ids': ids} if ids else {}))
        assert 'mine.parquet holds no packed rows; write them with `opencookbook pack`' in program.fails('train', src, tmp_path/'out', '--bpe', tmp_path/'none')


def test_a_shard_that_vanishes(program: Program, heavy: Path, tmp_path: Path):
    top = tmp_path/'in'; shutil.copytree(heavy, top, copy_function=os.link)
    p = run('signals', top, tmp_path/'out', '--workers', 1)
    wait_for(lambda: [*tmp_path.rglob('*/_stats/*.json')])
    last = min(top.iterdir(), key=lambda f: (f.stat().st_size, f.name)); last.rename(tmp_path/'gone')
    one_error(p, last.name)
    assert not (tmp_path/'out').exists() and clean(tmp_path)
    (tmp_path/'gone').rename(last)
    program.ok('signals', top, tmp_path/'out'); program.ok('signals', heavy, tmp_path/'calm')
    assert [f.read_bytes() for f in sorted((tmp_path/'out').glob('*.parquet'))] == [f.read_bytes() for f in sorted((tmp_path/'calm').glob('*.parquet'))]


# ---------------------------------------------------------------- who runs

def workers_of(pid: int) -> list[int]:
    "Worker processes below a process, at any depth."
    kids = [int(c) for t in Path(f'/proc/{pid}/task').glob('*/children') for c in t.read_text().split()]
    mine = [k for k in kids if b'udf_worker' in Path(f'/proc/{k}/cmdline').read_bytes()]
    return mine + [w for k in kids for w in workers_of(k)]


@pytest.mark.parametrize('victim', ['worker', 'all'])
def test_killed(program: Program, heavy: Path, tmp_path: Path, victim: str):
    "A worker that dies ends the run with one line; the whole program killed leaves what a later run goes on with."
    p = run('signals', heavy, tmp_path/'out', '--workers', 2)
    wait_for(lambda: [*tmp_path.rglob('*/_stats/*.json')])
    if victim == 'worker': os.kill(workers_of(p.pid)[0], signal.SIGKILL); one_error(p, 'a worker ended unexpectedly')
    else: os.killpg(p.pid, signal.SIGKILL); p.communicate()
    assert not (tmp_path/'out').exists()
    program.ok('signals', heavy, tmp_path/'out', '--workers', 1); program.ok('signals', heavy, tmp_path/'calm', '--workers', 1)
    assert same(tmp_path/'out', tmp_path/'calm') and clean(tmp_path)


# ---------------------------------------------------------------- where it goes

@contextmanager
def disk(folder: Path, options: str) -> Iterator[Path]:
    "A disk of its own at a folder; skips where nobody lets us mount one."
    folder.mkdir(exist_ok=True)
    r = subprocess.run(['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', folder], capture_output=True, text=True)
    if r.returncode: pytest.skip(f'no disk can be mounted here: {r.stderr.strip()}')
    try: yield folder
    finally: subprocess.run(['umount', '-l', folder], check=True)


def resize(folder: Path, options: str) -> None: subprocess.run(['mount', '-o', f'remount,{options}', folder], check=True)


FILLED = [('harvest', '40k'), ('harvest', '100k'), ('signals', '64k'), ('exact', '40k'), ('exact', '120k'), ('filters', '80k')]


@pytest.mark.parametrize('stage, size', FILLED)
@pytest.mark.parametrize('name', ['out', 'out.parquet'])
def test_full_disk(program: Program, tmp_path: Path, stage: str, size: str, name: str):
    "One line, no result under its final name; with room made, the same call ends with the same bytes."
    src = tmp_path/'in'
    program.ok('harvest', SAMPLES, src, '--by-folder')
    args = (SAMPLES,) if stage == 'harvest' else (src,)
    more = ('--by-folder',) if stage == 'harvest' else ()
    program.ok(stage, *args, tmp_path/f'calm-{name}', *more)
    with disk(tmp_path/'disk', f'size={size}') as d:
        assert 'the disk is full' in program.fails(stage, *args, d/name, *more)
        assert not (d/name).exists() and clean(d)
        resize(d, 'size=64m')
        program.ok(stage, *args, d/name, *more)
        assert same(d/name, tmp_path/f'calm-{name}') and clean(d)


@pytest.mark.parametrize('size', ['900k', '20m', '110m'])
def test_full_disk_while_cooking(calm, tmp_path: Path, size: str):
    "The data half, the first checkpoint and the later ones do not fit; the cook goes on when there is room."
    want, _ = calm
    with disk(tmp_path/'disk', f'size={size}') as d:
        p = cook(d); said = p.communicate(timeout=120)[0]
        assert p.returncode == 1 and said.startswith('error: step ') and 'the disk is full' in said and said.count('\n') == 1, said
        assert clean(d)
        resize(d, 'size=1g')
        p = cook(d); said = p.communicate(timeout=120)[0]
        assert p.returncode == 0, said
        assert digest(d) == digest(want)


def test_a_disk_that_can_only_be_read(program: Program, tmp_path: Path):
    src = own(tmp_path/'mine.parquet')
    with disk(tmp_path/'disk', 'size=1m,ro') as d:
        for args in (('exact', src, d/'out'), ('exact', src, d/'out.parquet'), ('exact', src, d/'deep'/'out'), ('harvest', SAMPLES, d/'h'), ('cook', 'sample', '--runs', d/'runs')):
            said = program.fails(*args)
            assert 'can only be read; choose another place' in said and str(d) in said


def as_somebody(top: Path, *args) -> subprocess.CompletedProcess:
    "The whole program as a user to whom nothing belongs, but who may look into a folder."
    if os.geteuid(): pytest.skip('only root can become somebody else')
    code = 'import os\nfrom opencookbook.recipes import cli\nos.setgroups([]); os.setgid(65534); os.setuid(65534)\ncli.main()'
    for p in (top, *top.parents): p.chmod(p.stat().st_mode | 0o055) if p != Path('/') else None
    return subprocess.run([sys.executable, '-c', code, *map(str, args), '--workers', '1'], env=ENV, cwd=ROOT, capture_output=True, text=True)


def test_files_that_are_somebody_elses(tmp_path: Path):
    "A shard that must not be read is named; a file in a tree becomes a ledger row."
    top, mine, src = tmp_path/'in', tmp_path/'open', tmp_path/'mine.parquet'
    top.mkdir(); mine.mkdir(); mine.chmod(0o777); own(src).chmod(0)
    (top/'ok.py').write_text('x = 1\n'); (top/'secret.py').write_text('y = 1\n'); (top/'secret.py').chmod(0)
    for stage in ('preprocess', 'exact'):
        r = as_somebody(tmp_path, stage, src, mine/'out')
        assert (r.returncode, r.stdout, r.stderr) == (1, '', f'error: no permission for {src}; choose another place, or have it granted\n') and not [*mine.iterdir()]
    r = as_somebody(tmp_path, 'harvest', top, mine/'out')
    assert r.returncode == 0 and r.stdout.startswith('harvest: 2 in, 1 out, 1 dropped') and not r.stderr, r.stderr
    assert [(d['path'], d['rule']) for d in ledger(mine/'out')] == [('secret.py', 'unreadable')]


def test_a_place_that_is_somebody_elses(tmp_path: Path):
    src, shut = own(tmp_path/'mine.parquet'), tmp_path/'shut'
    shut.mkdir(mode=0o755)
    for out in (shut/'out', shut/'out.parquet', shut/'deep'/'out'):
        r = as_somebody(tmp_path, 'preprocess', src, out)
        assert (r.returncode, r.stdout) == (1, '') and r.stderr.startswith('error: no permission for') and r.stderr.count('\n') == 1, r.stderr
    assert not [*shut.iterdir()]


NAMES = {'.': 'is no name for a result', '/': 'is no name for a result', '': 'is no name for a result', 'o' * 300: 'is too long; choose a shorter one',
         'o\udcff': 'o\\udcff is not UTF-8', 'o\udcff.parquet': 'is not UTF-8', 'loop': 'holds something else', 'loop/out': 'choose another name',
         'nowhere': 'holds something else', 'nowhere.parquet': 'holds something else'}


@pytest.mark.parametrize('name', NAMES, ids=ascii)
def test_names_that_are_none(program: Program, tmp_path: Path, name: str):
    src = own(tmp_path/'mine.parquet')
    for link in ('loop', 'nowhere', 'nowhere.parquet'): (tmp_path/link).symlink_to('loop' if link == 'loop' else 'nothing')
    before = {*tmp_path.iterdir()}
    assert NAMES[name] in program.fails('exact', src, name, cwd=tmp_path)
    assert {*tmp_path.iterdir()} == before and all(p.is_symlink() for p in before - {src})


def test_nobody_listens(tmp_path: Path):
    "A standard output that was closed before the program began takes nothing from the result."
    src = own(tmp_path/'mine.parquet')
    r = subprocess.run(['sh', '-c', 'exec "$@" >&-', 'sh', BIN, 'exact', src, tmp_path/'out', '--workers', '1'], env=ENV, stderr=subprocess.PIPE, text=True)
    assert (r.returncode, r.stderr) == (0, '') and len(table(tmp_path/'out')) == 3


# ---------------------------------------------------------------- what was there before

@pytest.fixture
def copied(calm, tmp_path: Path) -> Path:
    "A finished cook of one's own, to be damaged."
    shutil.copytree(calm[0], tmp_path/'runs', copy_function=os.link)
    return tmp_path/'runs'


def replaced(path: Path, data: bytes) -> None: path.unlink(); path.write_bytes(data)


@pytest.mark.parametrize('data', [b'', b'{"step": "ex', b'\xff\xfe\0', b'[]', b'{}'], ids=['empty', 'cut', 'garbage', 'a list', 'nothing in it'])
def test_damaged_notes(program: Program, copied: Path, data: bytes):
    "A run's own files are not trusted: what cannot be read is named, with what to do."
    run_json = copied/'sample'/'run.json'; note = run_json.read_bytes()
    replaced(run_json, data)
    for args in (('status', 'sample'), ('why', 'x.py', '--recipe', 'sample'), ('report', 'sample')):
        said = program.fails(*args, '--runs', copied)
        assert 'run.json is damaged' in said and 'opencookbook cook sample' in said
    replaced(run_json, note)
    [exact] = (copied/'sample').glob('exact-*')
    replaced(exact/'_manifest.json', data)
    for args in (('status', 'sample'), ('report', 'sample'), ('cook', 'sample'), ('filters', exact, copied/'out')):
        said = program.fails(*args, *(['--runs', copied] if args[0] != 'filters' else []), '--quiet')
        assert '_manifest.json is damaged' in said and 'remove' in said, args


def test_a_damaged_run_is_cooked_again(calm, copied: Path):
    "The damaged folder removed, and run.json lost: the cook does what is missing, and the bytes are the same."
    replaced(copied/'sample'/'run.json', b'{')
    for p in (copied/'sample').glob('encode-heldout-*'): shutil.rmtree(p)
    p = cook(copied); said = p.communicate(timeout=120)[0]
    assert p.returncode == 0, said
    assert digest(copied) == digest(calm[0])


def test_a_shard_of_a_finished_step_is_damaged(program: Program, copied: Path):
    [harvest] = (copied/'sample').glob('harvest-*')
    shard = next(harvest.glob('*.parquet')); replaced(shard, shard.read_bytes()[:500])
    for step in ('preprocess', 'exact'): shutil.rmtree(next((copied/'sample').glob(f'{step}-*')))
    said = program.fails('cook', 'sample', '--runs', copied, '--quiet')
    assert 'step preprocess' in said and shard.name in said and 'not a readable Parquet file' in said


def test_answers_that_are_none(program: Program, tmp_path: Path):
    "Samples of other shapes than an answer's."
    for n, line in enumerate(('[]', '{"task_id": 1, "completion": ""}', '{"task_id": "own/0"}', '{"task_id": "own/0", "completion": null}', '"x"', '\0')):
        (tmp_path/f'{n}.jsonl').write_text(line + '\n')
        said = program.fails('eval', 'run', 'own', '--samples', tmp_path/f'{n}.jsonl', '--out', tmp_path/'o.json')
        assert f'{n}.jsonl' in said and not (tmp_path/'o.json').exists(), said


def test_unfinished_work_that_is_damaged(calm, copied: Path):
    "Three steps that were cut off, and the numbers of their shards are damaged: they are done again, to the same bytes."
    for step, data in dict(harvest=b'', filters=b'{"rows_in": 1', pack=b'[]').items():
        [done] = (copied/'sample').glob(f'{step}-*')
        (done/'_manifest.json').unlink()
        for p in (done/'_stats').iterdir(): replaced(p, data)
        done.rename(done.with_name(f'{done.name}.{done.name[-12:]}.partial'))
    p = cook(copied); said = p.communicate(timeout=120)[0]
    assert p.returncode == 0, said
    assert digest(copied) == digest(calm[0])


LEFT = {'signals-*/_base.json': (('cook',), 'and run again'), 'signals-*/*.parquet': (('cook',), 'write it again'), 'exact-*/_ledger/*.parquet': (('why', 'report'), 'a ledger is damaged'),
        'heldout-*/bits_per_byte.json': (('report',), 'and cook again'), 'problems-*/result.json': (('report',), 'and cook again'), 'train-*/metrics.jsonl': (('report',), 'and cook again')}


@pytest.mark.parametrize('pattern', LEFT)
def test_what_finished_steps_left_is_damaged(program: Program, copied: Path, pattern: str):
    "Whatever file it is, the message names it or its step, and says what to do."
    commands, needle = LEFT[pattern]
    [path] = (copied/'sample').glob(pattern); replaced(path, b'{garbage')
    if 'cook' in commands: shutil.rmtree(next((copied/'sample').glob('filters-*')))
    for c in commands:
        said = program.fails(c, *(['x.py', '--recipe'] if c == 'why' else []), 'sample', '--runs', copied, '-q')
        assert needle in said and path.relative_to(copied/'sample').parts[0] in said
