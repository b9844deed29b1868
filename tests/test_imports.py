"""Every module imports alone, in a fresh process, in silence; floors 0 to 3 do so where neither torch nor transformers is installed.

usage: pytest tests/test_imports.py

One process a module, two at a time. Each reports what it met as JSON: the error, if any; what it printed; whether `torch` was asked for; whether anything
wanted to reach the network (an audit hook sees it, and stops it); and whether the engine's telemetry was switched off before daft was imported.
"""
import ast
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT/'opencookbook'
LIGHT, HEAVY = ('core', 'tools', 'data', 'tokens'), ('torch', 'transformers')
OFF = dict(DO_NOT_TRACK='1', DAFT_ANALYTICS_ENABLED='0')  # what core.engine sets
TOLD = {*OFF, 'SCARF_NO_ANALYTICS', 'RAY_USAGE_STATS_ENABLED', 'HF_HUB_DISABLE_TELEMETRY'}  # what must not help from outside

PROBE = r'''
import contextlib, importlib, importlib.abc, io, json, os, sys, threading, traceback
name, heavy, refuse, off = json.loads(sys.argv[1])
told = dict(error='', printed='', network=[], asked=[], tracked=[], missing=[], public=0)

def watch(event, args):
    if event in ('socket.connect', 'socket.getaddrinfo', 'socket.gethostbyname', 'urllib.Request', 'http.client.connect'):
        told['network'].append(f'{event} {str(args)[:120]}')
        raise OSError('the network is closed here')
sys.addaudithook(watch)

class Watcher(importlib.abc.MetaPathFinder):
    "Stands before all other finders: notes who is asked for, and answers for nobody but those who are not to be there."
    def find_spec(self, full, path=None, target=None):
        if full in heavy:
            told['asked'].append(full)
            if refuse: raise ModuleNotFoundError(f'No module named {full!r}', name=full)
        if full == 'daft': told['tracked'] += [k for k, v in off.items() if os.environ.get(k) != v]

sys.meta_path.insert(0, Watcher())
said = io.StringIO()
with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
    try:
        module = importlib.import_module(name)
        told['public'] = len(getattr(module, '__all__', []))
        told['missing'] = [x for x in getattr(module, '__all__', []) if not hasattr(module, x)]
    except BaseException: told['error'] = traceback.format_exc()[-1500:]
    for t in threading.enumerate():  # telemetry is sent from a thread
        if t is not threading.current_thread(): t.join(1.0)
told['printed'] = said.getvalue()
print('\n' + json.dumps(told))
sys.stdout.flush()
os._exit(0)
'''


def modules() -> list[str]:
    "Dotted names of all modules, packages among them."
    found = []
    for p in sorted(PACKAGE.rglob('*.py')):
        parts = p.relative_to(PACKAGE.parent).with_suffix('').parts
        if '__pycache__' not in parts: found.append('.'.join(parts[:-1] if parts[-1] == '__init__' else parts))
    return found


def room(name: str) -> str: return (name.split('.') + [''])[1]


def is_light(name: str) -> bool: return room(name) in LIGHT or name.count('.') < 1 or name.endswith('._modidx')


def probe(name: str, folder: Path, refuse: bool | None = None) -> dict:
    "Import one module in a process of its own, in an empty folder."
    folder.mkdir(parents=True, exist_ok=True)
    env = {k: v for k, v in os.environ.items() if k not in TOLD} | dict(PYTHONPATH=f'{ROOT}{os.pathsep}{folder}', PYTHONWARNINGS='ignore', OMP_NUM_THREADS='1')
    args = json.dumps([name, HEAVY, is_light(name) if refuse is None else refuse, OFF])
    r = subprocess.run([sys.executable, '-c', PROBE, args], cwd=folder, env=env, capture_output=True, text=True, timeout=300)
    try: told = json.loads(r.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError): pytest.fail(f'{name}: the process ended with status {r.returncode}\n{(r.stdout + r.stderr)[-1500:]}')
    return told | dict(wrote=sorted(p.name for p in folder.iterdir() if p.name != '__pycache__' and p.suffix != '.py'))


@pytest.fixture(scope='module')
def probes(request, tmp_path_factory):
    "The answers of all modules that are asked about, two processes at a time."
    base = tmp_path_factory.mktemp('imports')
    wanted = dict.fromkeys(i.callspec.params['name'] for i in request.session.items if i.path == request.path and getattr(i, 'callspec', None) and 'name' in i.callspec.params)
    with ThreadPoolExecutor(2) as pool: yield {n: pool.submit(probe, n, base/n) for n in wanted}


@pytest.mark.parametrize('name', modules())
def test_module_imports_alone(name, probes):
    told = probes[name].result()
    without = ' where torch and transformers are not installed' if is_light(name) else ''
    assert not told['error'], f'{name} does not import{without}:\n{told["error"]}'
    assert not told['tracked'], f'{name} imports daft before core.engine has set {", ".join(told["tracked"])}; import opencookbook.core.engine first'
    assert not told['network'], f'{name} reaches for the network when it is imported: {told["network"]}'
    assert not told['printed'].strip(), f'{name} prints when it is imported: {told["printed"][:300]!r}'
    assert not told['wrote'], f'{name} writes files when it is imported: {told["wrote"]}'
    assert not told['missing'], f'{name}: __all__ promises {told["missing"]}, which are not there'
    if is_light(name): assert not told['asked'], f'{name} asks for {sorted({*told["asked"]})} and goes on without it; floors 0 to 3 do not even ask'


def test_command_line_without_torch(tmp_path):
    "Whoever installs the package alone, without extras, has the command: help and the stages of floors 0 to 3."
    if not (PACKAGE/'recipes'/'cli.py').exists(): pytest.skip('the command line is not written yet')
    told = probe('opencookbook.recipes.cli', tmp_path, refuse=True)
    assert not told['error'], told['error']


def needs(tree: ast.Module) -> set[str]:
    "Packages that a module cannot do without; an import whose `except ImportError` tells the `pip install` line is an extra."
    extra = {id(n) for t in ast.walk(tree) if isinstance(t, ast.Try) and any('pip install' in ast.unparse(h) for h in t.handlers) for b in t.body for n in ast.walk(b)}
    found = set()
    for n in ast.walk(tree):
        if id(n) in extra: continue
        if isinstance(n, ast.Import): found |= {a.name.split('.')[0] for a in n.names}
        elif isinstance(n, ast.ImportFrom) and not n.level: found.add(n.module.split('.')[0])
    return {x for x in found if x not in sys.stdlib_module_names and x != PACKAGE.name}


def test_requirements_cover_what_light_floors_import():
    "Third-party packages that floors 0 to 3 import stand in settings.ini's requirements, so that `pip install opencookbook` is enough."
    ini = ConfigParser(interpolation=None)
    ini.read(ROOT/'settings.ini', encoding='utf-8')
    declared = {re.split(r'[\[=<>~!;]', r)[0].replace('-', '_').lower() for r in ini['DEFAULT']['requirements'].split()}
    missing = sorted((f'{r}/{p.name}', x) for r in LIGHT for p in (PACKAGE/r).rglob('*.py') for x in needs(ast.parse(p.read_text(encoding='utf-8'))) if x.lower() not in declared)
    assert not missing, f'imported on floors 0 to 3, but neither in requirements nor behind a `pip install` message: {missing}'


def test_needs_tells_extras_apart():
    source = "import numpy\ndef f():\n    try: from datasets import x\n    except ImportError: raise ImportError('pip install datasets')\n    import ray.data, os\nfrom .a import b\n"
    assert needs(ast.parse(source)) == {'numpy', 'ray'}


# ---------------------------------------------------------------- the probe sees what it should

TRICKS = {  # name of a toy module: (its source, key of the report, what must stand there)
    'toy_heavy': ('import torch\n', 'error', "No module named 'torch'"),
    'toy_heavy_inside': ('def f():\n    from transformers import Trainer\nf()\n', 'error', "No module named 'transformers'"),
    'toy_tries': ('try: import torch\nexcept ImportError: torch = None\n', 'asked', 'torch'),
    'toy_loud': ('print("hello")\n', 'printed', 'hello'),
    'toy_network': ('import socket\ntry: socket.create_connection(("192.0.2.1", 80), timeout=.1)\nexcept OSError: pass\n', 'network', 'socket.'),
    'toy_thread': ('import threading, urllib.request\ndef go():\n    try: urllib.request.urlopen("http://192.0.2.1", timeout=.1)\n    except OSError: pass\nthreading.Thread(target=go, daemon=True).start()\n', 'network', 'urllib.Request'),
    'toy_tracked': ('import daft\n', 'tracked', 'DO_NOT_TRACK'),
    'toy_writes': ('open("left.txt", "w").close()\n', 'wrote', 'left.txt'),
    'toy_promises': ('__all__ = ["nothing"]\n', 'missing', 'nothing'),
    'toy_ends': ('raise SystemExit(3)\n', 'error', 'SystemExit: 3'),
}


def test_probe_sees(tmp_path):
    def ask(item):
        name, (source, key, what) = item
        (tmp_path/name).mkdir()
        (tmp_path/name/f'{name}.py').write_text(source)
        return name, what in str(probe(name, tmp_path/name, refuse=True)[key])
    with ThreadPoolExecutor(2) as pool: seen = dict(pool.map(ask, TRICKS.items()))
    assert all(seen.values()), [n for n, ok in seen.items() if not ok]


def test_probe_is_not_easily_startled(tmp_path):
    (tmp_path/'toy_quiet.py').write_text('import os\nos.environ.update(DO_NOT_TRACK="1", DAFT_ANALYTICS_ENABLED="0")\nimport daft\n__all__ = ["daft"]\n')
    told = probe('toy_quiet', tmp_path, refuse=True)
    assert told == dict(error='', printed='', network=[], asked=[], tracked=[], missing=[], public=1, wrote=[]), told
