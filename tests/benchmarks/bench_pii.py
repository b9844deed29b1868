"""Personal data and secrets in installed code, MB a CPU second on one thread, beside detect-secrets and datatrove's PIIFormatter. Prints JSON.

usage: python tests/benchmarks/bench_pii.py [--mb 60] [--peers PYTHON]

The peers live in an environment of their own: `python -m venv peers && peers/bin/pip install detect-secrets 'datatrove[processing]'`, then `--peers peers/bin/python`
or OPENCOOKBOOK_PEERS. Without it only ours is measured. Each peer runs once on files of the same corpus, fewer of them for the slower; detect-secrets gets them one file at a time, as its scanner does.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

PEER = '''
import json, sys, time
files = json.load(open(sys.argv[1]))
n = sum(len(t.encode()) for _, t in files) / 1e6
from datatrove.pipeline.formatters import PIIFormatter
theirs = PIIFormatter()
theirs.format("warm up"); t = time.process_time()
for _, text in files: theirs.format(text)
out = dict(datatrove=n / (time.process_time() - t))
from detect_secrets import SecretsCollection
from detect_secrets.settings import default_settings
few, size = [], 0
for path, text in files:
    if size > float(sys.argv[2]): break
    few.append(path); size += len(text.encode()) / 1e6
with default_settings():
    found = SecretsCollection(); t = time.process_time()
    for path in few: found.scan_file(path)
    out["detect_secrets"] = size / (time.process_time() - t)
print(json.dumps(out))
'''


def sample(n_bytes: float) -> list[tuple[str, str]]:
    "Installed files of several languages in random order, by path, until they have so many bytes."
    ends = ('.py', '.pyi', '.js', '.json', '.c', '.h', '.hpp', '.cpp', '.md', '.txt', '.html', '.yaml', '.css', '.rst')
    paths, out = sorted(p for p in Path(sysconfig.get_paths()['purelib']).rglob('*') if p.suffix in ends), []
    random.Random(0).shuffle(paths)
    for p in paths:
        if n_bytes < 0: break
        try: text = p.read_bytes().decode('utf-8')
        except (UnicodeDecodeError, OSError): continue
        if len(text) < 1_000_000: out.append((str(p), text)); n_bytes -= len(text.encode())
    return out


def ours(files: list[tuple[str, str]]) -> dict:
    "The whole stage and the kernel alone; 4 times the input; what was replaced."
    from opencookbook.core.doc import docs
    from opencookbook.data.pii import pii
    from opencookbook.data.preprocess import language
    def rate(some):
        table = docs([dict(repo='bench', path=p, text=t, lang=(language(Path(p).name) or ('',))[0]) for p, t in some])
        t = time.process_time(); ledger = pii(table)[1]
        return sum(table['n_bytes'].to_pylist()) / 1e6, time.process_time() - t, ledger
    rate(files[:20])
    best = min((rate(files) for _ in range(3)), key=lambda r: r[1])
    quarter = min((rate(files[::4]) for _ in range(3)), key=lambda r: r[1])
    kinds = {}
    for row in best[2].to_pylist(): kinds[row['rule']] = kinds.get(row['rule'], 0) + int(row['value'])
    return dict(mb=best[0], mb_per_cpu_s=best[0] / best[1], quarter_mb_per_cpu_s=quarter[0] / quarter[1], files=len(files), changed=len(set(best[2]['path'].to_pylist())), replaced=kinds)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument('--mb', type=float, default=60)
    ap.add_argument('--peers', default=os.environ.get('OPENCOOKBOOK_PEERS'))
    a = ap.parse_args()
    files = sample(a.mb * 1e6)
    out = dict(ours=ours(files))
    if a.peers:
        with tempfile.NamedTemporaryFile('w', suffix='.json') as f:
            json.dump(files[:len(files) // 3], f); f.flush()
            r = subprocess.run([a.peers, '-c', PEER, f.name, '2'], capture_output=True, text=True)
        if r.returncode: sys.exit(f'the peers failed: {r.stderr.strip().splitlines()[-1]}')
        out['peers_mb_per_cpu_s'] = json.loads(r.stdout.splitlines()[-1])
        out['ratios'] = {k: round(out['ours']['mb_per_cpu_s'] / v, 1) for k, v in out['peers_mb_per_cpu_s'].items()}
    print(json.dumps(out))


if __name__ == '__main__': sys.exit(main())
