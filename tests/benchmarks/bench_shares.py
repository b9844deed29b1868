"""What the rules of OpenCoder leave of public source packages, language by language, and which rules take the rest. Prints JSON.

The archives (`tar`, as package indexes have them) stand in the folder that OPENCOOKBOOK_GOLDEN names; all their files go through the stages of the recipe up to
the rules. Bytes are counted in front of `signals` and behind `filters`, as in Table 16 of OpenCoder; a file falls to its first rule.
"""
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

from opencookbook.core.engine import batches, shards
from opencookbook.core.ledger import ledger_paths

STAGES = ('preprocess', 'exact', 'fuzzy', 'copyright', 'pii', 'signals', 'filters')


def unpack(archives: Path, into: Path) -> int:
    "Every archive in a folder of its own; how many there are."
    found = [a for a in sorted(archives.iterdir()) if a.name.endswith(('.tgz', '.tar.gz', '.tar.xz', '.tar.bz2')) and '.debian.' not in a.name]
    for a in found:
        with tarfile.open(a) as t: t.extractall(into/a.name, filter='data')
    return len(found)


def run(*args: object) -> None:
    subprocess.run([sys.executable, '-m', 'opencookbook', *map(str, args), '--quiet'], check=True, stdout=sys.stderr)


def by_language(corpus: Path) -> tuple[Counter, dict[int, tuple[str, int]]]:
    "Bytes of each language; language and bytes of each document."
    size, docs = Counter(), {}
    for shard in shards(corpus):
        for t in batches(shard):
            for i, lang, n in zip(t['doc_id'].to_pylist(), t['lang'].to_pylist(), t['n_bytes'].to_pylist()):
                size[lang] += n; docs[i] = lang, n
    return size, docs


def takers(corpus: Path, docs: dict[int, tuple[str, int]]) -> dict[str, Counter]:
    "For each language, the bytes that fell to each rule."
    out = defaultdict(Counter)
    for t in (t for p in ledger_paths(corpus) for t in batches(p)):
        for r in t.to_pylist():
            if r['action'] == 'drop': out[docs[r['doc_id']][0]][r['rule']] += docs[r['doc_id']][1]
    return out


def main() -> None:
    with tempfile.TemporaryDirectory(dir=os.environ.get('BENCH_TMP')) as tmp:
        top = Path(tmp)
        n = unpack(Path(os.environ['OPENCOOKBOOK_GOLDEN']), top/'files')
        run('harvest', top/'files', top/'harvest', '--by-folder')
        for before, stage in zip(('harvest', *STAGES), STAGES): run(stage, top/before, top/stage)
        (came, docs), (left, _) = by_language(top/'pii'), by_language(top/'filters')
        fell = takers(top/'filters', docs)
    rows = [dict(lang=lang, mb=round(b / 1e6, 1), kept=round(left[lang] / b, 4), takes={r: round(x / b, 3) for r, x in fell[lang].most_common(3)})
            for lang, b in came.most_common() if lang and b >= 5e5]
    print(json.dumps(dict(archives=n, mb=round(sum(came.values()) / 1e6), kept=round(sum(left.values()) / sum(came.values()), 3), languages=rows)))


if __name__ == '__main__': main()
