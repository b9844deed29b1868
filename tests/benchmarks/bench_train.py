"""Tokens a second of model.train against transformers.Trainer: same model, rows, batch, dtype and threads, in one process, taking turns.

usage: python tests/benchmarks/bench_train.py [--dtype bf16] [--threads 2] [--batch 16] [--micro 4] [--steps 6] [--turns 3] [--out FILE]

The text is Python's own library. `trainer` is the faster of two ways to run Trainer: the batch in one pass, and in the same
micro-batches as ours. Rates are medians over the turns, without the first step of each; `cpu` counts tokens a CPU second,
which a busy machine disturbs less. Prints JSON.
"""
import argparse
import json
import os
import statistics
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

os.environ.update(TOKENIZERS_PARALLELISM='false', HF_HUB_OFFLINE='1')

import numpy as np
import torch
from accelerate.state import AcceleratorState
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments
from transformers.utils.logging import disable_progress_bar, set_verbosity_error

from opencookbook.core.doc import docs
from opencookbook.model.config import SHAPES, new_model
from opencookbook.model.schedule import WSD
from opencookbook.model.train import Settings, train
from opencookbook.tokens.bpe import Specials, train_bpe
from opencookbook.tokens.fim import encode_docs
from opencookbook.tokens.pack import pack, to_arrays


def make_rows(shape, n: int) -> dict[str, np.ndarray]:
    "The first `n` packed rows of Python's own library."
    files = [p for p in sorted(Path(sysconfig.get_path('stdlib')).glob('*.py')) if p.stat().st_size < 100_000]
    table = docs([dict(repo='python', path=p.name, text=p.read_text(errors='replace'), lang='python') for p in files])
    tok = train_bpe(table['text'].to_pylist(), shape.vocab_size)
    rows = to_arrays(pack(encode_docs(table, tok, Specials(), rate=0.), shape.context, pad_id=1))
    return {k: v[:n] for k, v in rows.items()}


class Watch(TrainerCallback):
    "Notes wall and CPU time when a step ends."
    def __init__(self): self.times = []
    def __call__(self, *_): self.times.append((time.perf_counter(), time.process_time()))
    def on_step_end(self, *_, **__): self()


def rates(times, tokens: int) -> tuple[float, float]:
    "Tokens a wall second and a CPU second, from the end of the first step to the end of the last."
    wall, cpu = (b - a for a, b in zip(times[0], times[-1]))
    n = tokens * (len(times) - 1)
    return n / wall, n / cpu


def run_ours(rows, shape, a) -> tuple[float, float]:
    watch, settings = Watch(), Settings(WSD(1e-3, 2, a.steps - 2, 0), batch=a.batch, micro=a.micro, dtype=a.dtype, threads=a.threads, every=10**6)
    with tempfile.TemporaryDirectory() as out: train(rows, shape, settings, out, progress=watch)
    return rates(watch.times, a.batch * rows['input_ids'].shape[1])


def run_trainer(rows, shape, a, micro: int) -> tuple[float, float]:
    torch.set_num_threads(a.threads)
    data = [{k: torch.from_numpy(v[i].astype(np.int64)) for k, v in rows.items()} for i in range(len(rows['labels']))]
    watch = Watch()
    with tempfile.TemporaryDirectory() as out:
        args = TrainingArguments(out, max_steps=a.steps, per_device_train_batch_size=micro, gradient_accumulation_steps=a.batch // micro, learning_rate=1e-3,
            warmup_steps=2, lr_scheduler_type='constant_with_warmup', weight_decay=.1, adam_beta2=.95, max_grad_norm=1., bf16=a.dtype == 'bf16', use_cpu=True,
            logging_steps=a.steps, save_strategy='no', report_to=[], disable_tqdm=True, dataloader_pin_memory=False)
        trainer = Trainer(model=new_model(shape), args=args, train_dataset=data, callbacks=[watch])
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    AcceleratorState._reset_state(True)  # it remembers bf16
    return rates(watch.times, a.batch * rows['input_ids'].shape[1])


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in dict(threads=2, batch=16, micro=4, steps=6, turns=3).items(): ap.add_argument(f'--{name}', type=int, default=default)
    ap.add_argument('--dtype', default='bf16', choices=['bf16', 'fp32']); ap.add_argument('--shape', default='tiny', choices=['tiny']); ap.add_argument('--out', type=Path)
    a = ap.parse_args()
    set_verbosity_error(); disable_progress_bar()
    shape = SHAPES[a.shape]
    rows = make_rows(shape, a.batch * a.steps)
    got = dict(ours=[], trainer=[], trainer_micro=[])
    for _ in range(a.turns):
        got['ours'].append(run_ours(rows, shape, a))
        got['trainer'].append(run_trainer(rows, shape, a, a.batch))
        got['trainer_micro'].append(run_trainer(rows, shape, a, a.micro))
    mid = {k: [statistics.median(x) for x in zip(*v)] for k, v in got.items()}
    best = [max(mid['trainer'][i], mid['trainer_micro'][i]) for i in (0, 1)]
    report = dict(ours=round(mid['ours'][0]), trainer=round(best[0]), ratio=round(mid['ours'][0] / best[0], 3),
                  cpu=dict(ours=round(mid['ours'][1]), trainer=round(best[1]), ratio=round(mid['ours'][1] / best[1], 3)),
                  all={k: [round(x) for x, _ in v] for k, v in got.items()}, unit='tokens/s',
                  shape=a.shape, dtype=a.dtype, threads=a.threads, batch=a.batch, micro=a.micro, steps=a.steps, cores=os.cpu_count())
    print(json.dumps(report))
    if a.out: a.out.write_text(json.dumps(report, indent=1) + '\n')
    return 0


if __name__ == '__main__': sys.exit(main())
