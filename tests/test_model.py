"""Models: what the chapters under nbs/model state, tried hard. Outside authorities: transformers, autograd, closed forms, kill -9."""
import json
import os
import shutil
import socket
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import given, settings as trials
from hypothesis import strategies as st
from torch.nn import functional as F
from transformers import AutoModelForCausalLM, AutoTokenizer

from opencookbook.core.step import TIMING
from opencookbook.model import train as train_module
from opencookbook.model.config import SHAPES, Shape, load_model, meta_model, n_params, new_model, save_model, shape_of, to_config
from opencookbook.model.generate import Sampling, choose, cut, decode, ender, padded, sample, uniforms
from opencookbook.model.loss import Learner, attend_in_blocks, bits_per_byte, chunked_nll, heldout_nll, windows
from opencookbook.model.schedule import WSD, Cosine, Ladder, branch
from opencookbook.model.train import (Settings, checkpoints, exact, put_folder, read_rows, row_order, shuffled, summary, train)
from opencookbook.tokens.bpe import Specials, save_bpe, train_bpe
from opencookbook.tokens.pack import pack, to_arrays

torch.set_num_threads(1)

LITTLE = Shape(vocab_size=64, hidden=64, layers=2, heads=2, kv_heads=1, ffn=96, context=64, tied=True)
SETTINGS = Settings(WSD(3e-3, 3, 17, 10, 1e-4), batch=4, micro=2, every=4, threads=1)


def table(lens, vocab=64, seed=0):
    "Documents of random ids between bos and eos."
    rng = np.random.default_rng(seed)
    ids = pa.array([[0, *rng.integers(3, vocab, n - 2), 2] for n in lens], pa.list_(pa.int32()))
    return pa.table(dict(doc_id=pa.array(range(1, len(lens) + 1), pa.uint64()), ids=ids))


def make_rows(n=120, length=64, seed=0): return to_arrays(pack(table(np.random.default_rng(seed).integers(5, 50, n), seed=seed), length, pad_id=1))


ROWS = make_rows()


def contents(out): return {str(p.relative_to(out)): p.read_bytes() for p in sorted(Path(out).rglob('*')) if p.is_file() and p.name != TIMING}


@pytest.fixture(scope='module')
def straight(tmp_path_factory):
    "A run that nobody disturbed."
    out = tmp_path_factory.mktemp('straight')
    return out, train(ROWS, LITTLE, SETTINGS, out)


# shapes

@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(1, 5), st.booleans(), st.integers(3, 300))
@trials(max_examples=25, deadline=None)
def test_closed_form_counts_what_transformers_builds(kv, groups, layers, width, tied, vocab):
    shape = Shape(vocab, 2 * kv * groups * width, layers, kv * groups, kv, 7 * width, 16, tied=tied)
    assert sum(p.numel() for p in meta_model(shape).parameters()) == n_params(shape)
    assert shape_of(to_config(shape)) == shape


def test_published_sizes():
    assert n_params(SHAPES['opencoder-1.5b']) + 160 // 2 == 1_905_650_960  # reported with the rotary frequencies
    assert n_params(SHAPES['opencoder-8b']) == 7_771_262_976
    assert n_params(SHAPES['seedcoder-8b']) == 8_250_462_208
    assert SHAPES['tiny'].head_dim >= 32 and 3e6 < n_params(SHAPES['tiny']) < 6e6


def test_new_model_leaves_the_generator_alone():
    torch.manual_seed(5); a = torch.rand(1)
    torch.manual_seed(5); new_model(LITTLE, seed=9); assert torch.equal(torch.rand(1), a)
    assert torch.equal(new_model(LITTLE, 9).lm_head.weight, new_model(LITTLE, 9).lm_head.weight)
    assert not torch.equal(new_model(LITTLE, 8).lm_head.weight, new_model(LITTLE, 9).lm_head.weight)


def test_saved_model_is_what_transformers_saves(tmp_path):
    for tied in (True, False):
        model = new_model(replace(LITTLE, tied=tied))
        save_model(model, tmp_path/f'ours{tied}'); model.save_pretrained(tmp_path/f'theirs{tied}')
        a, b = (AutoModelForCausalLM.from_pretrained(tmp_path/f'{who}{tied}') for who in ('ours', 'theirs'))
        assert all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))
        assert json.loads((tmp_path/f'ours{tied}'/'config.json').read_text()) == json.loads((tmp_path/f'theirs{tied}'/'config.json').read_text())


# schedules

@given(st.integers(0, 20), st.integers(0, 30), st.integers(0, 30), st.floats(1e-5, 1), st.floats(1e-4, 1))
@trials(max_examples=100, deadline=None)
def test_wsd_has_three_parts(warmup, stable, decay, peak, part):
    if warmup + stable + decay == 0: return
    s = WSD(peak, warmup, stable, decay, peak * part)
    lr = np.array([s(i) for i in range(s.steps)])
    assert np.allclose(lr[:warmup], peak * np.arange(1, warmup + 1) / max(1, warmup)) and np.allclose(lr[warmup:warmup + stable], peak)
    assert np.allclose(lr[warmup + stable:], peak * part**(np.arange(1, decay + 1) / max(1, decay)))
    if stable:
        at = warmup + stable // 2
        b = branch(s, at, 5)
        assert [b(i) for i in range(at)] == lr[:at].tolist() and b.steps == at + 5


@pytest.mark.parametrize('bad', [lambda: WSD(1., -1, 5), lambda: WSD(1., 0, 0, 0), lambda: WSD(1., 1, 1, 1, 2.), lambda: Cosine(1., 9, 9), lambda: Cosine(1., 0, 5, 2.),
                                 lambda: Ladder(((0, 1.),)), lambda: Ladder(((5, -1.),)), lambda: WSD(1., 1, 1)(2), lambda: Ladder(((5, 1.),))(5), lambda: Cosine(1., 0, 5)(-1)])
def test_schedules_refuse(bad):
    with pytest.raises(ValueError) as e: bad()
    assert '\n' not in str(e.value)


# loss

@pytest.mark.parametrize('sl, block, groups', [(1, 8, 1), (7, 8, 1), (64, 16, 2), (65, 16, 1), (130, 64, 3)])
def test_blocks_equal_the_library(sl, block, groups):
    torch.manual_seed(sl)
    q, k, v = (torch.randn(2, h, sl, 16, requires_grad=True) for h in (2 * groups, 2, 2))
    doc = torch.randint(0, 2, (2, sl)).cumsum(1)
    sees = (doc[:, None, :, None] == doc[:, None, None]) & torch.ones(sl, sl, dtype=torch.bool).tril()
    bias = torch.zeros(2, 1, sl, sl).masked_fill(~sees, torch.finfo(torch.float32).min)
    ours = attend_in_blocks(None, q, k, v, bias, .25, block=block)[0].transpose(1, 2)
    plain = F.scaled_dot_product_attention(q, k, v, attn_mask=sees, scale=.25, enable_gqa=True)
    assert torch.allclose(ours, plain, atol=1e-5)
    g = torch.randn_like(plain)
    for a, b in zip(torch.autograd.grad(ours, (q, k, v), g), torch.autograd.grad(plain, (q, k, v), g)): assert torch.allclose(a, b, atol=1e-4)


@pytest.mark.parametrize('n, size', [(1, 4), (4, 4), (9, 4), (50, 512)])
def test_chunked_loss_equals_autograd(n, size):
    torch.manual_seed(n)
    h, w, y = torch.randn(n, 8, requires_grad=True), torch.randn(30, 8, requires_grad=True), torch.randint(30, (n,))
    ours, plain = chunked_nll(h, w, y, size), F.cross_entropy(h @ w.T, y, reduction='sum')
    assert torch.allclose(ours, plain, rtol=1e-5)
    for a, b in zip(torch.autograd.grad(3 * ours, (h, w)), torch.autograd.grad(3 * plain, (h, w))): assert torch.allclose(a, b, atol=1e-4)


def test_blocks_refuse_a_cache():
    model = new_model(LITTLE).eval(); model.set_attn_implementation('blocks')
    with pytest.raises(ValueError, match='blocks know no cache'): model.generate(torch.arange(5)[None], max_new_tokens=3, pad_token_id=1)


def test_bf16_is_near_fp32():
    batch = {k: torch.from_numpy(v[:4].astype(np.int64)) for k, v in ROWS.items()}
    a, b = (Learner(new_model(LITTLE), d)(**batch) for d in ('fp32', 'bf16'))
    assert abs(a - b) / a < 1e-3


@pytest.mark.parametrize('kernel', ['sdpa', 'blocks', 'eager'])
@pytest.mark.parametrize('seed', range(3))
def test_documents_of_a_row_do_not_leak(kernel, seed):
    rows, model = make_rows(30, seed=seed), new_model(replace(LITTLE, init_std=.3), seed).eval()
    model.set_attn_implementation(kernel)
    ids, pos = (torch.from_numpy(rows[k].astype(np.int64)) for k in ('input_ids', 'position_ids'))
    with torch.no_grad():
        packed = model(input_ids=ids, position_ids=pos, use_cache=False).logits
        for r in range(len(ids)):
            begins = [*np.flatnonzero(pos[r] == 0), 64]
            for a, b in zip(begins, begins[1:]): assert torch.allclose(packed[r, a:b], model(input_ids=ids[r:r + 1, a:b], use_cache=False).logits[0], atol=1e-4, rtol=1e-4)


@given(st.lists(st.integers(0, 9), max_size=40), st.integers(1, 12))
@trials(max_examples=100, deadline=None)
def test_windows_predict_each_token_once(ids, length):
    got = windows(np.array(ids), length)
    assert [int(x) for w in got for x in w[1:]] == ids[1:] and all(2 <= len(w) <= length + 1 for w in got)


def test_heldout_against_the_library():
    docs, model = table([5, 200, 64, 3, 77]), new_model(replace(LITTLE, init_std=.2)).eval()
    docs = docs.append_column('n_bytes', pa.array([5, 200, 64, 3, 77])).append_column('lang', pa.array(['a', 'b', 'a', None, 'b']))
    want = {'a': 0., 'b': 0., None: 0.}
    for ids, lang in zip(docs['ids'].to_pylist(), docs['lang'].to_pylist()):
        for a in range(0, len(ids) - 1, 64):
            x = torch.tensor([ids[a:a + 65]])
            with torch.no_grad(): logits = model(input_ids=x[:, :-1]).logits[0]
            want[lang] += F.cross_entropy(logits, x[0, 1:], reduction='sum').item()
    got = heldout_nll(model, docs, 64, batch=3)
    assert {k: v[1] for k, v in got.items()} == {'a': 69, 'b': 277, None: 3}
    for k in want: assert abs(got[k][0] - want[k]) < 1e-2
    assert bits_per_byte(8 * np.log(2) * 10, 10) == pytest.approx(8)
    assert heldout_nll(model, docs.slice(0, 0), 64) == {}


# rows

@given(st.integers(1, 50), st.integers(0, 5), st.integers(0, 200), st.integers(1, 60))
@trials(max_examples=100, deadline=None)
def test_order_is_a_stretch_of_one_stream(n, seed, start, count):
    stream = np.concatenate([shuffled(n, seed, e) for e in range((start + count) // n + 1)])
    assert np.array_equal(row_order(n, seed, start, count), stream[start:start + count])
    assert sorted(stream[:n]) == list(range(n))


def test_epochs_and_seeds_differ():
    orders = {tuple(shuffled(50, seed, epoch)) for seed in range(5) for epoch in range(5)}
    assert len(orders) == 25


@pytest.mark.parametrize('change, words', [
    (lambda r: {k: v[:3] for k, v in r.items()}, '3 rows do not fill batch=4'),
    (lambda r: {**r, 'input_ids': np.where(r['input_ids'] == 5, 64, r['input_ids'])}, 'token id 64 is outside vocab_size=64'),
    (lambda r: {**r, 'input_ids': np.where(r['input_ids'] == 5, -7, r['input_ids'])}, 'token id -7 is outside'),
    (lambda r: {**r, 'labels': np.where(r['labels'] == 5, 99, r['labels'])}, 'token id 99 is outside'),
    (lambda r: {**r, 'labels': np.full_like(r['labels'], -100)}, 'nothing to learn'),
    (lambda r: {**r, 'labels': r['labels'][:, 1:]}, 'one shape'),
    (lambda r: {'input_ids': r['input_ids']}, 'lack labels, position_ids'),
    (lambda r: {k: np.tile(v, 2) for k, v in r.items()}, 'longer than context=64')])
def test_rows_that_cannot_train_are_refused(tmp_path, change, words):
    with pytest.raises(ValueError, match=words) as e: train(change(ROWS), LITTLE, SETTINGS, tmp_path/'out')
    assert '\n' not in str(e.value) and not (tmp_path/'out').exists()


def test_reading_rows(tmp_path):
    packed = pack(table([30, 40, 50, 20]), 64, pad_id=1)
    pq.write_table(packed.slice(0, 1), tmp_path/'a.parquet'); pq.write_table(packed.slice(1), tmp_path/'b.parquet')
    for k, v in to_arrays(packed).items(): assert np.array_equal(read_rows(tmp_path)[k], v)
    pq.write_table(packed.select(['input_ids']), tmp_path/'b.parquet')
    with pytest.raises(ValueError, match='lacks doc_lens, loss_mask'): read_rows(tmp_path)
    (tmp_path/'b.parquet').write_bytes((tmp_path/'a.parquet').read_bytes()[:-20])
    with pytest.raises(ValueError, match='b.parquet is no Parquet file'): read_rows(tmp_path)
    pq.write_table(pack(table([9]), 32, pad_id=1), tmp_path/'b.parquet')
    with pytest.raises(ValueError, match='several lengths'): read_rows(tmp_path)
    with pytest.raises(FileNotFoundError): read_rows(tmp_path/'none')


# the run

def test_a_run_repeats_to_the_byte(straight, tmp_path):
    out, result = straight
    assert train({**ROWS, 'more': ROWS['labels']}, LITTLE, SETTINGS, tmp_path) == result  # what is not needed does not count
    assert contents(tmp_path) == contents(out)
    assert len((out/'metrics.jsonl').read_text().splitlines()) == 30 == result['steps'] and result['params'] == n_params(LITTLE)
    assert json.loads((out/'run.json').read_text())['threads'] == 1
    assert [p.name for p in checkpoints(out)] == ['step-0000028', 'step-0000030']


def test_a_finished_run_writes_nothing(straight):
    out, result = straight
    before = {p: p.stat().st_mtime_ns for p in out.rglob('*') if p.is_file()}
    assert train(ROWS, LITTLE, SETTINGS, out) == result
    assert {p: p.stat().st_mtime_ns for p in out.rglob('*') if p.is_file()} == before


def test_transformers_loads_the_result(straight):
    a, b = AutoModelForCausalLM.from_pretrained(straight[0]/'model'), load_model(checkpoints(straight[0])[-1])
    x = torch.arange(20)[None]
    with torch.no_grad(): assert torch.equal(a(x).logits, b(x).logits)
    assert a.config._attn_implementation == 'sdpa' and 'blocks' not in (straight[0]/'model'/'config.json').read_text()


@pytest.mark.parametrize('step', [1, 3, 4, 5, 16, 29, 30])
def test_interrupted_after_any_update(straight, tmp_path, step):
    def stop(record):
        if record['step'] == step: raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt): train(ROWS, LITTLE, SETTINGS, tmp_path, stop)
    assert train(ROWS, LITTLE, SETTINGS, tmp_path) == straight[1]
    assert contents(tmp_path) == contents(straight[0])


@pytest.mark.parametrize('tied, dtype, schedule', [(False, 'fp32', Cosine(1e-3, 2, 9)), (False, 'bf16', Ladder(((9, 1e-3),), 3))])
def test_interrupted_with_other_settings(tmp_path, tied, dtype, schedule):
    args = ROWS, replace(LITTLE, tied=tied, kv_heads=2), replace(SETTINGS, dtype=dtype, schedule=schedule, every=3, keep=1, micro=1)
    def stop(record):
        if record['step'] == 7: raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt): train(*args, tmp_path/'cut', stop)
    assert train(*args, tmp_path/'cut') == train(*args, tmp_path/'straight') and contents(tmp_path/'cut') == contents(tmp_path/'straight')


@pytest.mark.parametrize('call', [1, 4, 6, 7, 11])
def test_interrupted_inside_a_checkpoint(straight, tmp_path, monkeypatch, call):
    calls, real = [], train_module._sync
    def sync(path):
        calls.append(path)
        if len(calls) == call: raise KeyboardInterrupt
        real(path)
    monkeypatch.setattr(train_module, '_sync', sync)
    with pytest.raises(KeyboardInterrupt): train(ROWS, LITTLE, SETTINGS, tmp_path)
    monkeypatch.undo()
    assert train(ROWS, LITTLE, SETTINGS, tmp_path) == straight[1]
    assert contents(tmp_path) == contents(straight[0])


@pytest.mark.parametrize('call', [5, 9])
def test_interrupted_before_the_oldest_goes(straight, tmp_path, monkeypatch, call):
    calls, real = [], train_module._prune
    def prune(*args):
        calls.append(args)
        if len(calls) == call: raise KeyboardInterrupt
        real(*args)
    monkeypatch.setattr(train_module, '_prune', prune)
    with pytest.raises(KeyboardInterrupt): train(ROWS, LITTLE, SETTINGS, tmp_path)
    monkeypatch.undo()
    assert train(ROWS, LITTLE, SETTINGS, tmp_path) == straight[1]
    assert contents(tmp_path) == contents(straight[0])


def test_kill_9_at_random_moments(tmp_path):
    "A helper imports once and forks; each child is killed somewhere in its work, then one is left to finish."
    script = tmp_path/'killer.py'
    script.write_text(textwrap.dedent('''
        import os, random, signal, sys, time
        from pathlib import Path
        sys.path.insert(0, %r)
        from test_model import LITTLE, ROWS, SETTINGS, train
        from dataclasses import replace
        settings, out, rng = replace(SETTINGS, every=2), Path(sys.argv[1]), random.Random(int(sys.argv[2]))
        kills = 0
        for round in range(12):
            pid = os.fork()
            if pid == 0:
                train(ROWS, LITTLE, settings, out); os._exit(0)
            log, begin = out/'metrics.jsonl', time.time()
            want = (log.stat().st_size if log.exists() else 0) + rng.randint(1, 400)
            while round < 11 and os.waitpid(pid, os.WNOHANG)[0] == 0:
                if time.time() - begin > 20 or log.exists() and log.stat().st_size > want or rng.random() < .002:
                    time.sleep(rng.random() * .03)
                    os.kill(pid, signal.SIGKILL); os.waitpid(pid, 0); kills += 1; break
                time.sleep(.001)
            else:
                if round == 11: assert os.waitpid(pid, 0)[1] == 0
                break
        print('kills', kills)
    ''' % str(Path(__file__).parent)))
    env = {**os.environ, 'OMP_NUM_THREADS': '1'}
    r = subprocess.run([sys.executable, script, tmp_path/'cut', '7'], capture_output=True, text=True, env=env, timeout=120)
    assert r.returncode == 0, r.stderr[-2000:]
    assert int(r.stdout.split()[-1]) >= 3, r.stdout
    result = train(ROWS, LITTLE, replace(SETTINGS, every=2), tmp_path/'straight')
    a, b = contents(tmp_path/'cut'), contents(tmp_path/'straight')
    assert summary(tmp_path/'cut') == result and [k for k in a.keys() | b.keys() if a.get(k) != b.get(k)] == []


def test_disk_full_while_saving(straight, tmp_path):
    if os.geteuid() != 0 or not shutil.which('mount'): pytest.skip('needs root to mount a small tmpfs')
    disk = tmp_path/'disk'; disk.mkdir()
    size = sum(p.stat().st_size for p in checkpoints(straight[0])[-1].iterdir())
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={int(2.4 * size)}', 'none', disk], capture_output=True).returncode: pytest.skip('may not mount')
    try:
        with pytest.raises(OSError, match='the disk is full while writing .*step-0000012; free some space') as e: train(ROWS, LITTLE, SETTINGS, disk)
        assert '\n' not in str(e.value)
        assert [p.name for p in sorted((disk/'checkpoints').iterdir()) if p.name != TIMING] == ['step-0000004', 'step-0000008']
        assert load_model(checkpoints(disk)[-1]).config.hidden_size == LITTLE.hidden
        subprocess.run(['mount', '-o', f'remount,size={6 * size}', disk], check=True)
        assert train(ROWS, LITTLE, SETTINGS, disk) == straight[1] and contents(disk) == contents(straight[0])
    finally: subprocess.run(['umount', '-l', disk], check=True)


def test_put_folder_is_all_or_nothing(tmp_path):
    def half(part): (part/'a').write_text('x'); raise OSError(5, 'disk gone')
    with pytest.raises(OSError, match='disk gone'): put_folder(tmp_path/'f', half)
    assert not list(tmp_path.iterdir())
    put_folder(tmp_path/'f', lambda part: (part/'a').write_text('x'))
    assert [p.name for p in tmp_path.iterdir()] == ['f']


@pytest.mark.parametrize('other, words', [
    (dict(shape=replace(LITTLE, ffn=128)), 'belongs to another run .shape was'),
    (dict(settings=replace(SETTINGS, seed=1)), 'seed was 0, is 1'),
    (dict(settings=replace(SETTINGS, threads=2)), 'threads was 1, is 2'),
    (dict(settings=replace(SETTINGS, schedule=WSD(3e-3, 3, 17, 11, 1e-4))), 'schedule was'),
    (dict(rows=make_rows(seed=3)), 'rows was')])
def test_another_run_is_turned_away(straight, other, words):
    args = dict(rows=ROWS, shape=LITTLE, settings=SETTINGS) | other
    before = contents(straight[0])
    with pytest.raises(ValueError, match=words) as e: train(**args, out=straight[0])
    assert '\n' not in str(e.value) and contents(straight[0]) == before


def cut_at(tmp_path, step):
    def stop(record):
        if record['step'] == step: raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt): train(ROWS, LITTLE, SETTINGS, tmp_path, stop)
    return checkpoints(tmp_path)[-1]


def test_checkpoint_of_another_shape(tmp_path):
    last = cut_at(tmp_path, 9)
    save_model(new_model(replace(LITTLE, layers=3)), last)
    with pytest.raises(ValueError, match='is of another shape') as e: train(ROWS, LITTLE, SETTINGS, tmp_path)
    assert '\n' not in str(e.value)


@pytest.mark.parametrize('name', ['model.safetensors', 'optimizer.safetensors', 'state.json', 'config.json'])
def test_broken_checkpoint(straight, tmp_path, name):
    last = cut_at(tmp_path, 9)
    (last/name).write_bytes((last/name).read_bytes()[:-30])
    with pytest.raises(ValueError, match='step-0000008.*remove it') as e: train(ROWS, LITTLE, SETTINGS, tmp_path)
    assert '\n' not in str(e.value)
    shutil.rmtree(last)
    train(ROWS, LITTLE, SETTINGS, tmp_path)
    assert contents(tmp_path) == contents(straight[0])


def test_log_shorter_than_its_checkpoint(tmp_path):
    cut_at(tmp_path, 9)
    (tmp_path/'metrics.jsonl').write_text('')
    with pytest.raises(ValueError, match='has 0 bytes of'): train(ROWS, LITTLE, SETTINGS, tmp_path)


def test_nan_stops_before_the_weights(tmp_path):
    wild = replace(SETTINGS, schedule=Ladder(((9, 3e-3), (20, 1e25))), every=4)
    said = []
    for _ in range(2):  # and again when it is run again
        with pytest.raises(FloatingPointError, match='the weights were not touched') as e: train(ROWS, LITTLE, wild, tmp_path)
        said.append(str(e.value))
    assert said[0] == said[1] and '\n' not in said[0]
    assert all(p.isfinite().all() for p in load_model(checkpoints(tmp_path)[-1]).parameters())
    assert not (tmp_path/'model').exists()


@pytest.mark.parametrize('bad', [dict(micro=3), dict(micro=0), dict(dtype='fp16'), dict(every=0), dict(keep=0), dict(threads=0)])
def test_settings_refuse(bad):
    with pytest.raises(ValueError): replace(SETTINGS, **bad)


def test_exact_gives_everything_back():
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with pytest.raises(RuntimeError), exact(1): raise RuntimeError
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before


def test_loss_goes_down_on_what_can_be_learned(tmp_path):
    ids = pa.array([[0, *([5, 9, 13, 17] * 12), 2]] * 40, pa.list_(pa.int32()))
    rows = to_arrays(pack(pa.table(dict(doc_id=pa.array(range(40), pa.uint64()), ids=ids)), 64, pad_id=1))
    assert train(rows, LITTLE, SETTINGS, tmp_path)['loss'] < 1.


def test_two_processes_agree_with_one(tmp_path):
    script = tmp_path/'two.py'
    script.write_text(textwrap.dedent('''
        import sys
        sys.path.insert(0, %r)
        from test_model import LITTLE, ROWS, SETTINGS, Ladder, replace, train
        settings = replace(SETTINGS, schedule=Ladder(((8, 1e-3),)), dtype='fp32', every=4)
        try: train(ROWS, LITTLE, replace(settings, micro=4), sys.argv[1] + '/no')
        except ValueError as e: sys.stdout.write(f'refused: {e}\\n'); sys.stdout.flush()
        train(ROWS, LITTLE, settings, sys.argv[1] + '/two')
    ''' % str(Path(__file__).parent)))
    with socket.socket() as s: s.bind(('127.0.0.1', 0)); port = s.getsockname()[1]
    r = subprocess.run([sys.executable, '-m', 'torch.distributed.run', '--nproc_per_node', '2', '--master_port', str(port), str(script), str(tmp_path)],
                       capture_output=True, text=True, env={**os.environ, 'OMP_NUM_THREADS': '1'}, timeout=150)
    assert r.returncode == 0, r.stderr[-3000:]
    assert r.stdout.count('refused: batch=4 must be a multiple of 8: micro=4 times 2 processes') == 2
    one = train(ROWS, LITTLE, replace(SETTINGS, schedule=Ladder(((8, 1e-3),)), dtype='fp32', every=4), tmp_path/'one')
    two = summary(tmp_path/'two')
    assert one['tokens'] == two['tokens'] and json.loads((tmp_path/'two'/'run.json').read_text())['processes'] == 2
    a, b = ([json.loads(line) for line in (tmp_path/k/'metrics.jsonl').read_text().splitlines()] for k in ('one', 'two'))
    assert np.allclose([r['loss'] for r in a], [r['loss'] for r in b], atol=1e-4) and np.allclose([r['grad_norm'] for r in a], [r['grad_norm'] for r in b], rtol=1e-3)
    with pytest.raises(ValueError, match='processes was 2, is 1'): train(ROWS, LITTLE, replace(SETTINGS, schedule=Ladder(((8, 1e-3),)), dtype='fp32', every=4), tmp_path/'two')


# generation

@pytest.fixture(scope='module')
def speaker(tmp_path_factory):
    "A model with loud opinions, and a tokenizer."
    tok = train_bpe([Path(__file__).read_text()], 400)
    tokenizer = AutoTokenizer.from_pretrained(save_bpe(tok, Specials(), tmp_path_factory.mktemp('tok')))
    return new_model(Shape(400, 64, 2, 2, 1, 96, 128, init_std=.2)).eval(), tokenizer


PROMPTS = ['def f(x):\n', 'import', 'for i in range(10):\n    print(', 'assert ']


def test_greedy_equals_transformers(speaker):
    model, tokenizer = speaker
    tokenizer.padding_side = 'left'
    x = tokenizer(PROMPTS, return_tensors='pt', padding=True, return_token_type_ids=False)
    out = model.generate(**x, do_sample=False, max_new_tokens=30, pad_token_id=1)[:, x.input_ids.shape[1]:]
    want = [tokenizer.decode(o, skip_special_tokens=True) for o in out]
    assert [t for [t] in sample(model, tokenizer, PROMPTS, Sampling(temperature=0., max_new_tokens=30))] == want


def test_samples_do_not_depend_on_batch_order_or_number(speaker):
    model, tokenizer = speaker
    s = Sampling(n=3, max_new_tokens=20, temperature=1.)
    want = sample(model, tokenizer, PROMPTS, s)
    assert len({t for ts in want for t in ts}) == 12
    for batch in (1, 2, 5, 7): assert sample(model, tokenizer, PROMPTS, replace(s, batch=batch)) == want
    assert sample(model, tokenizer, PROMPTS[:2], s) == want[:2]
    assert [t[:2] for t in want] == sample(model, tokenizer, PROMPTS, replace(s, n=2))


def test_frequencies_are_the_softmax():
    logits = torch.randn(20, generator=torch.Generator().manual_seed(0)) * 2
    u = torch.from_numpy(uniforms(0, 0, 0, 20_000))
    for temperature in (.5, 1., 2.):
        got = torch.bincount(choose(logits.expand(20_000, 20), u, temperature), minlength=20) / 20_000
        p = (logits / temperature).softmax(0)
        assert ((got - p).abs() < 4.5 * (p * (1 - p) / 20_000).sqrt() + 1e-4).all()


def test_extreme_draws_stay_in_the_nucleus():
    logits = torch.tensor([[5., 4., -50., -50.]]).repeat(2, 1)
    u = torch.tensor([0., np.nextafter(1., 0.)], dtype=torch.float64)
    assert choose(logits, u, 1., .99).tolist() == [0, 1] and choose(logits, u, 1., 1e-9).tolist() == [0, 0]
    assert choose(torch.full((1, 3), -1e30), u[1:]).tolist() == [2]


def test_left_padding_is_invisible(speaker):
    model, _ = speaker
    prompts = [[0, 9], [0, 9, 10, 11, 12, 13, 14], [7]]
    draws = np.stack([uniforms(0, i, 0, 15) for i in range(3)])
    together = decode(model, prompts, draws, Sampling(temperature=1.), lambda ids: False)
    assert together == [decode(model, [p], draws[i:i + 1], Sampling(temperature=1.), lambda ids: False)[0] for i, p in enumerate(prompts)]
    assert padded([[5], [6, 7]], 1)[0].tolist() == [[1, 5], [6, 7]]


@pytest.mark.parametrize('stop', [('\n',), ('\n\n',), ('é ',), ('return', '\nclass'), ('x' * 30,)])
def test_a_stop_string_ends_at_its_last_byte(speaker, stop):
    _, tokenizer = speaker
    text = 'a = 1\nreturn é y\n\nclass B:\n' + 'x' * 40
    ids, ended = tokenizer(text, add_special_tokens=False).input_ids, ender(tokenizer, stop)
    first = next(i for i in range(1, len(ids) + 1) if ended(ids[:i]))
    assert any(s in tokenizer.decode(ids[:first]) for s in stop) and not any(s in tokenizer.decode(ids[:first - 1]) for s in stop)
    assert cut(text, stop) == min((text.split(s)[0] for s in stop), key=len)


def test_eos_ends_and_is_not_written(speaker):
    model, tokenizer = speaker
    ended = ender(tokenizer, ())
    assert ended([5, 2]) and not ended([2, 5]) and not ended([0])


@pytest.mark.parametrize('bad', [dict(temperature=-1), dict(temperature=float('nan')), dict(top_p=0), dict(top_p=1.1), dict(n=0), dict(max_new_tokens=0), dict(batch=0), dict(n=2, temperature=0), dict(stop='x'), dict(stop=('',))])
def test_sampling_refuses(bad):
    with pytest.raises(ValueError): Sampling(**bad)


def test_prompts_that_do_not_fit(speaker):
    model, tokenizer = speaker
    with pytest.raises(ValueError, match='prompt 1 has .* tokens, must have 1 to 120'): sample(model, tokenizer, ['x', 'x y ' * 100], Sampling(max_new_tokens=8))
    with pytest.raises(ValueError, match='prompt 0 has 0 tokens'): sample(model, tokenizer, [[]], Sampling(max_new_tokens=8))


def test_a_folder_that_is_not_there_is_not_looked_for_in_the_net(tmp_path, monkeypatch):
    import socket
    from opencookbook.model.config import load_model
    def ask(*_): raise AssertionError('the net was asked')
    monkeypatch.setattr(socket, 'getaddrinfo', ask)
    for name in (tmp_path/'no', 'some/model', tmp_path):
        with pytest.raises(ValueError, match='holds no model'): load_model(name)
