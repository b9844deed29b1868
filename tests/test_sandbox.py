"""The battery: wrong answers that want to pass, and harmless stand-ins for harm.

Each tier that works on this machine is tried; `pytest -rs` says which did not. Every harm is shown to be real by a control that runs it without walls.
"""
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opencookbook.tools import sandbox
from opencookbook.tools.sandbox import TIERS, Job, Limits, judge, judge_all, pack, settle_tier, unpack

LIMITS = Limits(cpu_s=2, wall_s=4.0625 + os.getpid() / 2**22, memory_mb=512, disk_mb=16, processes=32, printed_kb=64, value_mb=2)
MARKS = (pack(LIMITS.wall_s).hex(), repr(LIMITS.wall_s))  # what the command lines of our boxes and workers carry, and no others
TEST = 'def check(candidate):\n    for x in (3, -8, 41, 1009): assert candidate(x) == x * x + 17\n'


def walled():
    "The tiers with walls, as test parameters; those that do not work here are skipped with the reason."
    return [pytest.param(t, marks=pytest.mark.skipif(bool(sandbox._works(t)), reason=f'tier {t}: {sandbox._works(t)}')) for t in TIERS[:2]]


def running(*marks: str) -> list[int]:
    "Live processes that carry one of the marks in their command line."
    seen = []
    for p in Path('/proc').glob('[0-9]*'):
        try: cmd, state = (p/'cmdline').read_bytes().decode('utf-8', 'replace'), (p/'stat').read_text().rsplit(')', 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError): continue
        if state != 'Z' and any(m in cmd for m in marks): seen.append(int(p.name))
    return seen


def settled(*marks: str, within: float = 5.0) -> list[int]:
    "What still runs after a while."
    end = time.monotonic() + within
    while (left := running(*marks)) and time.monotonic() < end: time.sleep(.05)
    return left


@pytest.fixture(scope='module', autouse=True)
def nothing_left():
    yield
    assert settled(*MARKS) == []


def _framed(data: bytes) -> bytes: return len(data).to_bytes(4, 'big') + data


class _Odd: "Any value that `pack` sends as a number."


FORGED = pack(['value', _Odd()], lambda _: 0)
CHEATS = {
    'exit at load': 'import os\nos._exit(0)',
    'exit in the call': 'import os\ndef f(x): os._exit(0)',
    'sys.exit at load': 'import sys\nsys.exit(0)',
    'sys.exit in the call': 'def f(x): raise SystemExit(0)',
    'keyboard interrupt': 'def f(x): raise KeyboardInterrupt',
    'atexit and excepthook': 'import atexit, os, sys\natexit.register(os._exit, 0)\nsys.excepthook = lambda *a: os._exit(0)\ndef f(x): return 0',
    'equals everything': 'class Y:\n    def __eq__(self, o): return True\n    __hash__ = None\ndef f(x): return Y()',
    'int subclass': 'class Y(int):\n    def __eq__(self, o): return True\n    __hash__ = int.__hash__\ndef f(x): return Y(1)',
    'metaclass that is int': ('class M(type):\n    def __eq__(c, o): return True\n    def __hash__(c): return hash(int)\n'
                              'class Y(int, metaclass=M):\n    def __eq__(self, o): return True\ndef f(x): return Y(1)'),
    'list of liars': 'class Y(int):\n    def __eq__(self, o): return True\ndef f(x): return [Y(1)]',
    'prints ok': 'import sys\ndef f(x):\n    print("OK"); print(\'["pass", ""]\'); print("PASSED", file=sys.stderr); return 0',
    'swallows the assertion': 'import builtins\nbuiltins.AssertionError = ZeroDivisionError\ndef f(x):\n    try: return 0\n    except BaseException: pass',
    'patched operators': 'import builtins, operator\noperator.eq = builtins.all = builtins.any = builtins.isinstance = lambda *a: True\ndef f(x): return 0',
    'own check': 'def check(candidate): pass\ncandidate = f = lambda x: 0\nx = 1',
    'walks frames': ('import sys\ndef f(x):\n    frame = sys._getframe()\n    while frame:\n        for v in list(frame.f_locals.values()) + list(frame.f_globals.values()):\n'
                     '            if isinstance(v, int) and not isinstance(v, bool) and v > x: return v\n        frame = frame.f_back\n    return 0'),
    'walks the heap': 'import gc\ndef f(x):\n    texts = [o for o in gc.get_objects() if isinstance(o, str) and "assert" in o]\n    return eval(texts[0]) if texts else len(texts)',
    'replaces the server': ('import sys\ndef f(x):\n    top = sys._getframe()\n    while top.f_back: top = top.f_back\n    top.f_globals["pack"] = lambda *a: b"r\\0\\0\\0\\0"\n'
                            '    top.f_globals["_send"] = lambda fd, data: __import__("os").write(fd, b"\\0\\0\\0\\1T")\n    return 0'),
    'writes a verdict to every pipe': ('import os\ndef f(x):\n    for fd in range(3, 64):\n        for data in (b\'["pass", ""]\', b"\\0\\0\\0\\1T", b"\\0\\0\\0\\0"):\n'
                                       '            try: os.write(fd, data)\n            except OSError: pass\n    return 0'),
    'answers before it is asked': 'import os\nfor fd in range(3, 64):\n    try: os.write(fd, b"\\0\\0\\0\\1T" * 50)\n    except OSError: pass\ndef f(x): return 0',
    'closes its pipes': 'import os\ndef f(x): os.closerange(0, 99)',
    'forged references': f'import os\ndef f(x):\n    for fd in range(3, 64):\n        try: os.write(fd, {_framed(FORGED)!r})\n        except OSError: pass',
    'truth that lies': 'class Y:\n    n = 0\n    def __bool__(self): return True\n    def __sub__(self, o): return 0\n    __rsub__ = __sub__\ndef f(x): return Y()',
    'nested too deep': 'def f(x):\n    v = []\n    for _ in range(500): v = [v]\n    return v',
    'an assertion of its own': 'def f(x): raise AssertionError',
    'reads the judge': ('import os, re\ndef f(x):\n    for p in os.listdir("/proc"):\n        for name in ("cmdline", "environ", "maps"):\n'
                        '            try: text = open(f"/proc/{p}/{name}").read()\n            except OSError: continue\n'
                        '            if m := re.search(r"\\+ (17)\\b", text): return x * x + int(m[1])\n    return 0'),
}


@pytest.mark.parametrize('tier', walled())
def test_no_cheat_passes(tier):
    right = Job('def f(x): return x * x + 17', TEST, 'f')
    seen = dict(zip(['right', *CHEATS], judge_all([right, *(Job(p, TEST, 'f') for p in CHEATS.values())], tier, LIMITS)))
    print(tier, {k: v.verdict for k, v in seen.items()})
    assert seen.pop('right').ok
    assert {k: v.verdict for k, v in seen.items() if v.verdict not in ('wrong', 'error', 'output')} == {}
    assert all(v.note.isprintable() and v.tier == tier for v in seen.values())


def test_the_cheats_are_real():
    "A judge by exit status, the usual kind, falls for at least four of them."
    def naive(program): return subprocess.run([sys.executable, '-c', f'{program}\n{TEST}\ncheck(f)'], capture_output=True, timeout=20).returncode == 0
    fooled = [k for k in ('exit at load', 'exit in the call', 'sys.exit in the call', 'equals everything', 'int subclass', 'prints ok') if naive(CHEATS[k])]
    assert len(fooled) == 5 and 'prints ok' not in fooled


def test_a_swallowed_end_is_no_pass():
    "A test that catches everything does not pass when the box is gone."
    greedy = 'def check(candidate):\n    try: candidate(1)\n    except BaseException: pass\n'
    assert judge(Job('import os\ndef f(x): os._exit(0)', greedy, 'f'), settle_tier(), LIMITS).verdict == 'error'


# Stand-ins for harm: f(arg) returns 'ran' when it succeeded.
HARMS = {
    'read a host file': 'def f(a):\n    with open(a["file"]) as h: return "ran" if "planted" in h.read() else ""',
    'read /etc/passwd': 'def f(a):\n    with open("/etc/passwd") as h: return "ran" if "root" in h.read() else ""',
    'read the environment': 'import os\ndef f(a): return "ran" if "BATTERY_SECRET" in os.environ else ""',
    'write outside': 'def f(a):\n    with open(a["outside"], "w") as h: h.write("x")\n    return "ran"',
    'loopback TCP': 'import socket\ndef f(a):\n    socket.create_connection(("127.0.0.1", a["port"]), 2).close()\n    return "ran"',
    'abstract socket': 'import socket\ndef f(a):\n    s = socket.socket(socket.AF_UNIX); s.connect("\\0" + a["name"]); return "ran"',
    'list processes': 'import os\ndef f(a): return "ran" if str(a["pid"]) in os.listdir("/proc") and os.path.exists(f"/proc/{a[\'pid\']}/status") and len([p for p in os.listdir("/proc") if p.isdigit()]) > 8 else ""',
    'signal the judge': 'import os\ndef f(a):\n    os.kill(a["pid"], 0)\n    return "ran"',
    'fork bomb': ('import os, time\ndef f(a):\n    n = 0\n    for _ in range(120):\n        try: pid = os.fork()\n        except OSError: break\n'
                  '        if not pid: time.sleep(2); os._exit(0)\n        n += 1\n    return "ran" if n >= 100 else ""'),
    'memory bomb': 'def f(a): return "ran" if len(bytearray(1 << 30)) else ""',
    'fill the disk': ('import tempfile, os\ndef f(a):\n    with tempfile.TemporaryDirectory() as d:\n        for i in range(8):\n'
                      '            with open(os.path.join(d, str(i)), "wb") as h: h.write(bytes(12 << 20))\n    return "ran"'),
    'raise a limit': 'import resource\ndef f(a):\n    resource.setrlimit(resource.RLIMIT_CPU, (999, 999))\n    return "ran" if resource.getrlimit(resource.RLIMIT_CPU)[0] == 999 else ""',
    'daemonise': ('import os, subprocess, sys\ndef f(a):\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0: os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(30)", a["mark"]])\n'
                  '        os._exit(0)\n    return "daemon"'),
}
KERNEL = {  # only behind walls: what these try is for the kernel to refuse
    'new namespaces': 'import ctypes\ndef f(a): return "ran" if ctypes.CDLL(None).unshare(0x10000000) == 0 else ""',
    'remount the system': 'import ctypes\ndef f(a): return "ran" if ctypes.CDLL(None).mount(None, b"/usr", None, ctypes.c_ulong(0x1020), None) == 0 else ""',
    'write to the system': 'import os\ndef f(a):\n    for d in ("/usr", "/usr/lib", "/usr/bin", "/lib", "/bin"):\n        try: open(d + "/battery", "w"); return "ran"\n        except OSError: pass',
    'fill other folders': ('import os\ndef f(a):\n    n = 0\n    for d in ("/", "/dev", "/dev/shm", "/run", "/var/tmp", "/tmp"):\n        for i in range(6):\n'
                           '            try:\n                with open(f"{d}/b{i}", "wb") as h: h.write(bytes(8 << 20)); n += 8\n            except OSError: break\n    return "ran" if n > 16 else ""'),
    'kill everything': 'import os, signal\ndef f(a):\n    os.kill(-1, signal.SIGKILL)\n    return "killed"',
    'kill the parent': 'import os, signal\ndef f(a):\n    os.kill(os.getppid(), signal.SIGKILL)\n    return "killed"',
    'stop itself': 'import os, signal\ndef f(a):\n    os.kill(os.getpid(), signal.SIGSTOP)\n    return "ran"',
    'loop': 'def f(a):\n    while True: pass',
    'loop deaf to signals': 'import signal\ndef f(a):\n    signal.signal(signal.SIGXCPU, signal.SIG_IGN)\n    while True: pass',
    'print for ever': 'def f(a):\n    while True: print("x" * 4000)',
    'sleep': 'import time\ndef f(a): time.sleep(100)',
}
RAN = 'import json\nARG = json.loads({arg!r})\ndef check(candidate): assert candidate(ARG) == "ran"\n'


@pytest.fixture
def host(monkeypatch):
    "A host with something to steal: a file all may read, listening sockets, a secret, and a folder all may write to."
    monkeypatch.setenv('BATTERY_SECRET', '1')
    with TemporaryDirectory() as folder, socket.create_server(('127.0.0.1', 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        name = f'battery-{os.getpid()}-{time.monotonic_ns()}'
        (Path(folder)/'secret.txt').write_text('planted')
        os.chmod(folder, 0o777)
        unix.bind('\0' + name); unix.listen()
        yield dict(file=f'{folder}/secret.txt', outside=f'{folder}/outside', port=tcp.getsockname()[1], name=name, pid=os.getpid(), mark=name)


@pytest.mark.parametrize('tier', walled())
def test_every_harm_is_contained(tier, host):
    harms = HARMS | KERNEL
    test = RAN.format(arg=json.dumps(host))
    seen = dict(zip(harms, judge_all([Job(p, test, 'f') for p in harms.values()], tier, LIMITS, workers=4)))
    print(tier, {k: v.verdict for k, v in seen.items()})
    assert [k for k, v in seen.items() if v.ok] == []
    assert not Path(host['outside']).exists()
    assert settled(host['mark'], within=2) == [], 'a daemonised child outlived the box'
    want = {'memory bomb': 'oom', 'stop itself': 'timeout', 'loop': 'timeout', 'loop deaf to signals': 'timeout', 'print for ever': 'output', 'sleep': 'timeout'}
    assert {k: seen[k].verdict for k in want} == want
    assert {k for k, v in seen.items() if v.verdict == 'judge_error'} == set()


def test_the_harms_are_real(host):
    "Without walls each harm succeeds, so that the test above can fail."
    def bare(name, **more):
        code = f'{HARMS[name]}\nimport json\nprint(f(json.loads({json.dumps(host)!r})))'
        return subprocess.run([sys.executable, '-c', code], text=True, timeout=30, **more).stdout
    failed = [k for k in HARMS if k != 'daemonise' and 'ran' not in bare(k, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)]
    assert failed in ([], ['raise a limit'])  # a limit can only be raised by those who have a higher one
    bare('daemonise', stdout=subprocess.DEVNULL)
    end = time.monotonic() + 5
    while not (left := running(host['mark'])) and time.monotonic() < end: time.sleep(.05)
    assert left
    for pid in left: os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize('tier', walled())
def test_neighbours_are_not_hurt(tier):
    "Between two murderers an honest program passes, in the same worker."
    good = Job('def f(x): return x * x + 17', TEST, 'f')
    jobs = [good] + [j for p in ('kill everything', 'kill the parent', 'print for ever') for j in (Job(KERNEL[p], 'assert f(1) == "ran"', 'f'), good)]
    assert [v.ok for v in judge_all(jobs, tier, LIMITS, workers=1)] == [True, False] * 3 + [True]


@pytest.mark.parametrize('tier', walled())
def test_it_dies_with_its_master(tier):
    "kill -9 to whoever asked: worker, judge and box go too."
    code = (f'from opencookbook.tools.box import Limits\nfrom opencookbook.tools.sandbox import Job, judge\nprint("on", flush=True)\n'
            f'judge(Job("import time\\ndef f(x): time.sleep(50)", "f(1)", "f"), {tier!r}, {LIMITS!r})')
    p = subprocess.Popen([sys.executable, '-c', code], stdout=subprocess.PIPE, text=True)
    p.stdout.readline()
    end = time.monotonic() + 10
    while not running(MARKS[0]) and time.monotonic() < end: time.sleep(.02)
    assert running(MARKS[0])
    p.kill(); p.wait()
    assert settled(*MARKS, within=3) == []


def test_no_lower_tier_by_itself(monkeypatch):
    monkeypatch.setattr(sandbox, '_works', lambda level: 'not here')
    with pytest.raises(RuntimeError, match="no walls here .*name tier 'none'"): judge(Job('', '', 'f'))
    with pytest.raises(RuntimeError, match="tier 'full' does not work here"): settle_tier('full')
    with pytest.raises(ValueError, match="use one of full, reduced, none"): settle_tier('ful')
    assert settle_tier('none') == 'none'


def test_without_walls_by_name():
    seen = judge_all([Job('def f(x): return x * x + 17', TEST, 'f'), Job('def f(x): return 0', TEST, 'f'), Job('def f(x):\n    while 1: pass', TEST, 'f')], 'none', LIMITS)
    assert [(v.verdict, v.tier) for v in seen] == [('pass', 'none'), ('wrong', 'none'), ('timeout', 'none')]


def test_a_dead_worker_is_no_verdict(monkeypatch):
    "When the worker itself is killed the answer is judge_error, and the next job gets a new worker."
    worker = sandbox._Worker(settle_tier(), LIMITS)
    assert worker(Job('def f(x): return x * x + 17', TEST, 'f')).ok
    worker.proc.kill(); worker.proc.wait()
    worker.proc.poll = lambda: None  # as if it died just after it was looked at
    assert worker(Job('def f(x): return x * x + 17', TEST, 'f')).verdict == 'judge_error'
    assert worker(Job('def f(x): return x * x + 17', TEST, 'f')).ok
    worker.close()


def test_order_progress_and_workers():
    jobs = [Job(f'def f(x): return {i}', f'assert f(0) == {i - i % 3 // 2}', 'f') for i in range(12)]
    steps = []
    one, three = judge_all(jobs, limits=LIMITS, workers=1), judge_all(jobs, limits=LIMITS, workers=3, progress=lambda d, n: steps.append((d, n)))
    assert one == three and [v.ok for v in one] == [i % 3 != 2 for i in range(12)]
    assert steps == [(i + 1, 12) for i in range(12)]
    assert judge_all([], limits=LIMITS) == []


ODD = [
    ('def f(x: return 1', 'error'), ('x = 1', 'error'), ('f = 3', 'error'), ('def f(): return 1', 'error'), ('\0', 'error'), ('s = "\ud800"', 'error'), ('', 'error'),
    ('def f(x): return (y for y in [1])', 'error'), ('def f(x): return f', 'error'), ('def f(x): return {"a": object()}', 'wrong'),
    ('def f(x):\n    v = []; v.append(v)\n    return v', 'error'), ('def f(x): input()', 'error'), ('def f(x): return float("nan")', 'wrong'), ('def f(x): return None', 'wrong'),
    ('def f(x): return 10**5000', 'wrong'), ('from dataclasses import dataclass\n@dataclass\nclass P: a: int\ndef f(x): return P(x * x + 17).a', 'pass'),
    ('if __name__ == "__main__": raise SystemExit\ndef f(x): return x * x + 17', 'pass'), ('def f(x):\n    print("x" * 999)\n    return x * x + 17', 'pass'),
    ('import threading, time\nthreading.Thread(target=time.sleep, args=(30,)).start()\ndef f(x): return x * x + 17', 'pass'),
    ('import os\nif os.fork() == 0:\n    import time; time.sleep(30)\ndef f(x): return x * x + 17', 'pass'),
]


def test_odd_programs():
    seen = judge_all([Job(p, TEST, 'f') for p, _ in ODD], limits=LIMITS)
    assert [(p, v.verdict) for (p, _), v in zip(ODD, seen)] == ODD
    assert not any('\n' in v.note for v in seen)


values = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.complex_numbers() | st.text(st.characters()) | st.binary(),
                      lambda kids: st.lists(kids) | st.lists(kids).map(tuple) | st.dictionaries(st.text() | st.integers(), kids), max_leaves=20)


@settings(deadline=None, max_examples=300)
@given(values)
def test_values_survive(val): assert repr(unpack(pack(val))) == repr(val)


@settings(deadline=None, max_examples=1000)
@given(st.binary() | st.lists(st.sampled_from([b'l\0\0\0\2', b'S\0\0\0\1', b'd\0\0\0\3', b'i\0\0\0\1', b's\0\0\0\2', b'\xff', b'N', b'f', b'c', b'r\0\0\0\0'])).map(b''.join))
def test_bytes_are_values_or_refused(data):
    try: val = unpack(data)
    except ValueError: return
    pack(val)


STAYS = [
    ('assert f(1)', 'pass'), ('assert not f(1)', 'wrong'), ('assert f(1) != 5', 'error'), ('assert f(1) not in [5]', 'error'), ('assert f(1) is not None', 'pass'),
    ('assert str(f(1)) != ""', 'error'), ('assert len(f(1)) != 9', 'error'), ('assert list(f(1)) != 9', 'error'), ('assert {f(1)} != {9}', 'error'), ('assert [f(1)] != [9]', 'error'),
    ('assert f(1).x == 1', 'wrong'), ('assert sorted([f(1), 2])', 'error'), ('assert f(1) > 0', 'error'), ('assert f(1)[0] == 1', 'error'), ('assert not f(1) < 0', 'error'),
]


def test_what_stays_in_the_box_is_only_true():
    "An object of the program's own class is worth as much as True, and no more."
    liar = 'class Y:\n    def __getattribute__(self, name): return lambda *a: True\n    def __eq__(self, o): return True\n    x = 1\ndef f(x): return Y()'
    seen = judge_all([Job(liar, t, 'f') for t, _ in STAYS], limits=LIMITS)
    assert [(t, v.verdict) for (t, _), v in zip(STAYS, seen)] == STAYS


def test_data_of_the_standard_library_crosses():
    vals = ['Counter("aab")', 'deque([1, (2,)])', 'OrderedDict(a=[1])', 'defaultdict(list, {1: {2}})', '[int, str]', 'frozenset({(1, None)})']
    tests = [f'from collections import *\nassert f({v}) == {v} and type(f({v})) is type({v})' for v in vals]
    assert [v.verdict for v in judge_all([Job('def f(x): return x', t, 'f') for t in tests], limits=LIMITS)] == ['pass'] * len(vals)


def test_broken_tests_are_judge_errors():
    tests = ['assert f(', 'import no_such_module_at_all', 'raise SystemExit', 'assert f(lambda: 0)', 'assert f(object())']
    assert [v.verdict for v in judge_all([Job('def f(x): return 1', t, 'f') for t in tests], limits=LIMITS)] == ['judge_error'] * 5
    assert judge(Job('def f(x): return 1', 'assert f(1) == 1', 'f', context='import no_such_module_at_all'), limits=LIMITS).verdict == 'judge_error'


def test_context_is_ours():
    "Helpers in the prompt cannot be redefined by the program, not even the name of the check."
    job = Job('def h(x): return 0\ndef f(x): return x\ndef check(c): pass', 'def check(candidate): assert h(candidate(2)) == 0', 'f', context='def h(x): return x')
    assert judge(job, limits=LIMITS).verdict == 'wrong'
    assert judge(Job('def check(s): return s == "a"', 'assert check("a")\nassert not check("b")', 'check'), limits=LIMITS).ok


def test_speed():
    "Prints milliseconds for each trivial run (pytest -s); the bound is a tripwire, not a target."
    job = Job('def f(x): return x * x + 17', TEST, 'f')
    judge_all([job] * 2, limits=LIMITS)
    start = time.perf_counter()
    assert all(v.ok for v in judge_all([job] * 40, limits=LIMITS, workers=2))
    ms = (time.perf_counter() - start) * 1000 / 40
    print(f'\ntier {settle_tier()}: {ms:.1f} ms a run, 2 workers')
    assert ms < 1000
