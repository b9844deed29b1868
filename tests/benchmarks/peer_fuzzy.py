"""What others need for the work of `bench_fuzzy.py`; runs in an environment of their own. usage: PYTHON peer_fuzzy.py rensa|datatrove CORPUS.parquet

    python3 -m venv peers && peers/bin/pip install rensa 'datatrove[processing,io]' spacy detect-secrets
    OPENCOOKBOOK_PEERS=peers/bin/python make bench

`rensa` signs word 5-grams (2,048 permutations), one text after the other, on one thread: CPU seconds. `datatrove` runs its four MinHash steps as its
example does, 14 × 8, with its own tokenizer, in two processes: seconds of the whole.
"""
import json
import re
import sys
import tempfile
import time
from pathlib import Path


def rensa(src: str) -> float:
    import pyarrow.parquet as pq
    from rensa import RMinHash
    texts = pq.read_table(src)['text'].to_pylist()
    def sign(text):
        toks, sketch = re.findall(r'\w+', text), RMinHash(num_perm=2048, seed=1)
        sketch.update([' '.join(toks[i:i + 5]) for i in range(max(1, len(toks) - 4))])
        return sketch.digest()
    sign(texts[0])
    began = time.process_time()
    for t in texts: sign(t)
    return time.process_time() - began


def datatrove(src: str) -> float:
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.pipeline.readers import ParquetReader
    from datatrove.pipeline.writers import ParquetWriter
    config = MinhashConfig()
    with tempfile.TemporaryDirectory() as top:
        reader = ParquetReader(str(Path(src).parent), glob_pattern='*.parquet', id_key='path')
        def run(name, *steps, tasks=2):
            LocalPipelineExecutor(pipeline=[*steps], tasks=tasks, workers=2, logging_dir=f'{top}/logs/{name}').run()
        began = time.perf_counter()
        run('sign', reader, MinhashDedupSignature(output_folder=f'{top}/sign', config=config))
        run('match', MinhashDedupBuckets(input_folder=f'{top}/sign', output_folder=f'{top}/match', config=config), tasks=config.num_buckets)
        run('group', MinhashDedupCluster(input_folder=f'{top}/match', output_folder=f'{top}/gone', config=config), tasks=1)
        run('drop', reader, MinhashDedupFilter(input_folder=f'{top}/gone'), ParquetWriter(f'{top}/left'))
        return time.perf_counter() - began


if __name__ == '__main__': print(json.dumps(dict(seconds=round(globals()[sys.argv[1]](sys.argv[2]), 3))))
