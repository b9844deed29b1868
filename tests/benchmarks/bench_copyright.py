"""Copyright notices of all installed code: MB/s of the stage, of the kernel and of the plain lexer, four times the input, and how many files begin with one, by language.

CPU seconds of one thread, the best of three runs; texts are in memory. MB are bytes of text in languages whose comments we know.
"""
import json
import resource
import sys

import pyarrow as pa
import pyarrow.compute as pc
from installed import installed, seconds

from opencookbook.core.doc import docs
from opencookbook.data.copyright import copyright, head_ends, judge, lex, syntaxes


def fresh(table: pa.Table) -> None:
    "The stage, with nothing judged before."
    judge.cache_clear()
    copyright(table)


def four(table: pa.Table) -> pa.Table:
    "The same files under four names."
    return docs([dict(r, repo=f'{r["repo"]}{i}') for i in range(4) for r in table.select(['repo', 'path', 'text', 'lang', 'doc_type']).to_pylist()])


def shares(table: pa.Table, least: int = 50) -> dict[str, dict]:
    "Files, and the share that begins with a notice, by language."
    begins = set(copyright(table)[1]['doc_id'].to_pylist())
    with_one = pc.is_in(table['doc_id'], value_set=pa.array(begins, pa.uint64()))
    sums = pa.table(dict(lang=table['lang'], one=pc.cast(with_one, pa.int64()))).group_by('lang').aggregate([('one', 'count'), ('one', 'sum')]).to_pylist()
    rows = sorted(sums, key=lambda r: (-r['one_count'], r['lang']))
    found = {r['lang']: dict(files=r['one_count'], share=round(r['one_sum'] / r['one_count'], 3)) for r in rows if r['one_count'] >= least}
    return found | {'all': dict(files=len(table), share=round(len(begins) / len(table), 3))}


def main() -> None:
    table = installed(syntaxes())
    mb = pc.sum(table['n_bytes']).as_py() / 1e6
    clean, _ = copyright(table)
    once = seconds(fresh, table)
    part = table.slice(0, 4_000)
    part_mb = pc.sum(part['n_bytes']).as_py() / 1e6
    plain = seconds(lambda: [lex(t.encode(), syntaxes()[lang]) for t, lang in zip(part['text'].to_pylist(), part['lang'].to_pylist())])
    small = table.slice(0, len(table) // 4)
    growth = seconds(fresh, four(small)) / seconds(fresh, small)
    print(json.dumps(dict(mb=round(mb), files=len(table), mb_per_s=round(mb / once), nothing_to_do_mb_per_s=round(mb / seconds(fresh, clean)), kernel_mb_per_s=round(mb / seconds(head_ends, table)),
                          plain_lexer_mb_per_s=round(part_mb / plain), growth_4x=round(growth, 2), peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000, begins_with_a_notice=shares(table))))


if __name__ == '__main__': sys.exit(main())
