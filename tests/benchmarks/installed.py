"""What several benchmarks share: installed code as documents, and CPU seconds."""
import site
import time
from collections.abc import Callable, Container
from pathlib import Path

import pyarrow as pa

from opencookbook.core.doc import docs
from opencookbook.data.preprocess import language


def installed(langs: Container[str]) -> pa.Table:
    "Every installed file that is UTF-8, of these languages."
    rows, top = [], Path(site.getsitepackages()[0])
    for p in sorted(top.rglob('*')):
        kind = language(p.name)
        if kind is None or kind[0] not in langs or not p.is_file() or p.stat().st_size > 8_000_000: continue
        try: rows.append(dict(repo='installed', path=str(p.relative_to(top)), text=p.read_bytes().decode(), lang=kind[0], doc_type=kind[1]))
        except UnicodeDecodeError: continue
    return docs(rows)


def seconds(fn: Callable, *args) -> float:
    "CPU seconds, the best of three."
    def once():
        began = time.process_time(); fn(*args)
        return time.process_time() - began
    return min(once() for _ in range(3))
