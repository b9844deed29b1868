"""Tokens: what the chapters under nbs/tokens state, tried hard. Outside authorities: tokenizers, transformers, regex, TRL."""
import hashlib
import json
import os
import random
import subprocess
import sys
from collections import Counter
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from opencookbook.core.doc import docs
from opencookbook.tokens.bpe import (PreSplit, Specials, bytes_per_token, decode_bytes, encode_texts, learn_merges, load_bpe, presplitter, save_bpe,
                                     special_ids, text_chunks, train_bpe)
from opencookbook.tokens.fim import ORDER, encode_docs, fim_chosen, fim_cuts, fim_parts, restore
from opencookbook.tokens.pack import best_fit, best_fit_plain, fill, pack, pack_rows, split_bounds, to_arrays, unpack

TEXT = open(__file__, encoding='utf-8').read()
ANY = st.text(st.characters(exclude_categories=['Cs']))  # every character but half ones
NAMES = Specials().names


@pytest.fixture(scope='module')
def tok(): return train_bpe([TEXT], 1000)


def table(texts, lang='python'): return docs(dict(repo='r', path=str(i), text=t, lang=lang) for i, t in enumerate(texts))


def ids_table(lens, first=100):
    ids = pa.array([list(range(first * d, first * d + n)) for d, n in enumerate(lens, 1)], pa.large_list(pa.int32()))
    return pa.table(dict(doc_id=pa.array([2**64 - d for d in range(1, len(lens) + 1)], pa.uint64()), ids=ids))


# -- bpe

@pytest.mark.parametrize('split', [PreSplit(), PreSplit(1, False), PreSplit(2, True)])
def test_plain_merges_equal_the_library(split):
    for seed in range(40):
        rng = random.Random(seed)
        text = ''.join(rng.choices(rng.choice(['ab', 'abc', 'ab \n', 'abé(1', 'the (x)\n']), k=rng.randrange(20, 300)))
        words = Counter(w for w, _ in presplitter(split).pre_tokenize_str(text))
        most = 264 + len({a + b for a, b in learn_merges(words, 10**4, NAMES)})
        size = rng.randint(264, most)
        theirs = json.loads(train_bpe([text], size, split=split).to_str())['model']['merges']
        assert learn_merges(words, size, NAMES) == [tuple(m) for m in theirs], (seed, text)


def test_threads_and_order_change_nothing(tmp_path):
    src = ('import hashlib, sys; from opencookbook.tokens.bpe import train_bpe\n'
           't = open(sys.argv[1], encoding="utf-8").read().splitlines(keepends=True) * 20\n'
           'print(hashlib.sha256(train_bpe(t[::int(sys.argv[2])], 900).to_str().encode()).hexdigest())')
    got = set()
    for threads, parallel, step in [('1', 'true', '1'), ('2', 'true', '-1'), ('4', 'true', '1'), ('2', 'false', '1')]:
        env = {**os.environ, 'RAYON_NUM_THREADS': threads, 'TOKENIZERS_PARALLELISM': parallel}
        got.add(subprocess.run([sys.executable, '-c', src, __file__, step], env=env, capture_output=True, text=True, check=True).stdout)
    assert len(got) == 1


CL100K = r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"""
SEED = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+"""


@pytest.mark.parametrize('split, pattern', [(PreSplit(3, True), CL100K), (PreSplit(1, False), SEED)])
def test_words_equal_the_published_patterns(split, pattern):
    "cl100k's own pattern, and Seed-Coder's as llama.cpp keeps it, run by another regex engine."
    rng = random.Random(0)
    wild = [''.join(rng.choices(" \n\r\t'slTVEx_.(é中0123½²\u00a0\u2028🧑", k=60)) for _ in range(2000)]
    for text in [TEXT, *wild]:
        theirs = regex.findall(pattern, text)
        ours = [text[a:b] for _, (a, b) in presplitter(split).pre_tokenize_str(text)]
        assert ours == theirs and ''.join(ours) == text


@settings(max_examples=300, deadline=None)
@given(text=ANY)
def test_any_text_comes_back(tok, text):
    [ids] = encode_texts(tok, [text])
    assert tok.decode(ids, skip_special_tokens=False) == text and decode_bytes(tok, ids) == text.encode()
    assert not set(ids) & set(range(len(NAMES)))


@settings(max_examples=200, deadline=None)
@given(raw=st.binary(max_size=200))
def test_any_bytes_come_back_as_text(tok, raw):
    texts = [raw.decode('utf-8', 'replace'), raw.decode('latin-1')]
    assert [tok.decode(i, skip_special_tokens=False) for i in encode_texts(tok, texts)] == texts


@pytest.mark.parametrize('run', [' ', 'a', '\n', '1', '.', '\t', 'é', ' \n'])
def test_a_million_times_the_same(tok, run):
    text = run * 500_000
    [ids] = encode_texts(tok, [text])
    assert tok.decode(ids, skip_special_tokens=False) == text


def test_text_never_becomes_a_mark(tok, tmp_path):
    poison = [f'{a}{n}{b}' for n in NAMES for a in ('', ' ', 'x', '\n', '"') for b in ('', 'x', '\n')] + [''.join(NAMES) * 3]
    for t in (tok, train_bpe(poison * 50, 300), load_bpe(save_bpe(tok, Specials(), tmp_path))[0]):
        for text, ids in zip(poison, encode_texts(t, poison)):
            assert min(ids) >= len(NAMES) and t.decode(ids) == text
    assert any(i < len(NAMES) for i in Tokenizer.from_str(tok.to_str()).encode(poison[0]).ids)  # the trap is real


def test_training_text_that_repeats_a_mark_makes_no_second_one():
    t = train_bpe(['<|eos|> <|fim_middle|>' * 1000], 278)
    vocab = t.get_vocab()
    assert len(vocab) == 278 and [t.id_to_token(i) for i in range(8)] == list(NAMES)


def test_folder_loads_in_transformers(tok, tmp_path):
    from transformers import AutoTokenizer
    specials = Specials(extra=('<|repo|>', '<|file|>'))
    t = train_bpe([TEXT], 600, specials)
    auto = AutoTokenizer.from_pretrained(save_bpe(t, specials, tmp_path, max_len=77))
    assert (len(auto), auto.vocab_size, auto.model_max_length, auto.padding_side) == (600, 600, 77, 'right')
    assert auto(TEXT, add_special_tokens=False).input_ids == [i for i in t.encode_batch([TEXT], add_special_tokens=False)[0].ids] or '<|' in TEXT
    plain = TEXT.replace('<|', '<!')
    assert auto(plain).input_ids == [0, *encode_texts(t, [plain])[0]] and auto.decode(auto(plain).input_ids, skip_special_tokens=True) == plain
    assert auto.decode(auto('a , b . isn \'t').input_ids, skip_special_tokens=True) == "a , b . isn 't"  # no clean-up
    assert {auto.convert_tokens_to_ids(n) for n in specials.names} == set(range(10)) == set(auto.all_special_ids)
    ids = special_ids(t, specials)
    assert all(getattr(auto, f'{r}_token_id') == i for r, i in ids.items())
    assert load_bpe(tmp_path)[1] == specials
    auto.save_pretrained(tmp_path/'again')
    assert AutoTokenizer.from_pretrained(tmp_path/'again')(plain).input_ids == auto(plain).input_ids


def test_chat_template_marks_what_the_assistant_said(tok, tmp_path):
    from transformers import AutoTokenizer
    auto = AutoTokenizer.from_pretrained(save_bpe(tok, Specials(), tmp_path))
    chat = [dict(role='system', content='s'), dict(role='user', content='hi'), dict(role='assistant', content='yo'), dict(role='user', content='?')]
    got = auto.apply_chat_template(chat, return_dict=True, return_assistant_tokens_mask=True)
    said = [i for i, m in zip(got['input_ids'], got['assistant_masks']) if m]
    assert auto.decode(said) == 'yo<|im_end|>' and got['input_ids'][0] == 0 and got['input_ids'].count(0) == 1
    assert auto.apply_chat_template(chat, tokenize=False, add_generation_prompt=True).endswith('?<|im_end|>\n<|im_start|>assistant\n')


def test_bpe_says_what_is_wrong(tmp_path):
    with pytest.raises(ValueError, match='one string'): train_bpe('abc', 300)
    with pytest.raises(ValueError, match='at least 264'): train_bpe(['abc'], 263)
    with pytest.raises(ValueError, match='give only 264'): train_bpe([], 265)
    with pytest.raises(ValueError, match='no tokenizer_config.json'): load_bpe(tmp_path)
    for bad in (b'abc', '\ud800', 3):
        with pytest.raises(ValueError, match='strings of Unicode'): train_bpe([bad], 300)
    with pytest.raises(ZeroDivisionError): train_bpe((1 // 0 for _ in 'a'), 300)
    assert len(train_bpe([], 264).get_vocab()) == 264


def test_bytes_per_token_counts_all(tok, monkeypatch):
    monkeypatch.setattr('opencookbook.tokens.bpe.text_chunks', partial(text_chunks, chunk_bytes=1000))
    t = table([TEXT, 'x = 1\n' * 700, ''] + ['é'] * 3)
    got = bytes_per_token(t, tok).to_pylist()
    assert got[0]['docs'] == 6 and got[0]['n_bytes'] == sum(t['n_bytes'].to_pylist())
    assert got[0]['n_tokens'] == sum(map(len, encode_texts(tok, t['text'].to_pylist())))
    assert bytes_per_token(t.slice(0, 0), tok).num_rows == 0
    assert [len(p) for p in text_chunks(t['text'], 1000)] == [1, 1, 4]


# -- fim

@settings(max_examples=150, deadline=None)
@given(texts=st.lists(ANY, max_size=6), mode=st.sampled_from(list(ORDER)), rate=st.sampled_from([0., .5, 1.]), seed=st.integers(0, 9), max_len=st.sampled_from([None, 5, 20]))
def test_pieces_joined_are_the_text(tok, texts, mode, rate, seed, max_len):
    t = table(texts)
    out = encode_docs(t, tok, Specials(), rate, mode, seed, max_len)
    m = special_ids(tok, Specials())
    for text, ids, fim in zip(texts, out['ids'].to_pylist(), out['fim'].to_pylist()):
        assert restore(ids, tok) == text and (ids[0], ids[-1]) == (m['bos'], m['eos'])
        assert [i for i in ids if i < 8] == ([0, *(m[f'fim_{p}'] for p in ORDER[mode]), 2] if fim else [0, 2])
        assert not fim or max_len is None or len(ids) <= max_len
    assert out['n_bytes'].to_pylist() == [len(x.encode()) for x in texts]


def test_rows_do_not_depend_on_slices_or_chunks(tok, monkeypatch):
    monkeypatch.setattr('opencookbook.tokens.fim.text_chunks', partial(text_chunks, chunk_bytes=3000))
    rng = random.Random(1)
    t = table([''.join(rng.choices('def x(): é\n', k=rng.randrange(400))) for _ in range(200)] + ['y ' * 4000, 'z'])
    whole = encode_docs(t, tok, Specials(), .5, seed=3)
    order = rng.sample(range(len(t)), len(t))
    assert encode_docs(t.take(order), tok, Specials(), .5, seed=3).equals(whole.take(order))
    parts = [encode_docs(t.slice(i, 37), tok, Specials(), .5, seed=3) for i in range(0, len(t), 37)]
    assert pa.concat_tables(parts).combine_chunks().equals(whole.combine_chunks())
    assert not encode_docs(t, tok, Specials(), .5, seed=4).equals(whole)


def test_throws_are_fair_and_independent():
    ids, n = np.random.default_rng(0).integers(0, 2**64, 100_000, dtype=np.uint64), np.full(100_000, 99)
    chosen, (a, b) = fim_chosen(ids, n, .3, 5), fim_cuts(ids, n, 5)
    assert abs(chosen.mean() - .3) < .006
    want = np.array([(2 * (99 - k) + 1) / 100**2 for k in range(100)]) * len(ids)
    assert ((np.bincount(a, minlength=100) - want)**2 / want).sum() < 160  # chi-square, 99 degrees: 148 at one in a thousand
    assert abs(np.corrcoef(chosen, a)[0, 1]) < .015 and abs(np.corrcoef(chosen, b)[0, 1]) < .015
    assert not fim_chosen(ids, np.full(100_000, 2), 1., 5).any() and fim_chosen(ids, n, 1., 5).all() and not fim_chosen(ids, n, 0., 5).any()


def test_fim_says_what_is_wrong(tok):
    t, m = table(['abc']), special_ids(tok, Specials())
    for rate in (-.1, 1.1, float('nan')):
        with pytest.raises(ValueError, match=r'in \[0, 1\]'): encode_docs(t, tok, Specials(), rate)
    with pytest.raises(ValueError, match="'spm' or 'psm'"): encode_docs(t, tok, Specials(), .5, 'SPM')
    with pytest.raises(ValueError, match="lacks|no token for"): encode_docs(t, tok, Specials(eos='</s>'), .5)
    with pytest.raises(ValueError, match='real end of document'): encode_docs(t, Tokenizer.from_str(tok.to_str()), Specials(), .5)
    with pytest.raises(ValueError, match='once'): fim_parts([0, m['fim_prefix'], 9, 2], m)
    assert len(encode_docs(t.slice(0, 0), tok, Specials(), .5)) == 0


# -- pack

LENS = st.lists(st.integers(1, 60), max_size=40)


@settings(max_examples=300, deadline=None)
@given(lens=LENS, length=st.integers(1, 64))
def test_nothing_is_lost(lens, length):
    t = ids_table(lens)
    packed = pack(t, length, pad_id=-7)
    back = dict(unpack(packed))
    assert {d: ids.tolist() for d, ids in back.items()} == dict(zip(t['doc_id'].to_pylist(), t['ids'].to_pylist()))
    rows = packed['input_ids'].to_pylist()
    assert sorted(i for r in rows for i in r if i != -7) == sorted(i for ids in t['ids'].to_pylist() for i in ids)
    for row, mask, n in zip(rows, packed['loss_mask'].to_pylist(), packed['doc_lens'].to_pylist()):
        assert len(row) == length and sum(n) <= length and n and min(n) > 0
        assert [i == -7 for i in row] == [k >= sum(n) for k in range(length)] == [m == 0 for m in mask]  # padding at the end only
    assert fill(packed) == (sum(lens) / (len(rows) * length) if rows else 1)
    cut = [d for d, s in zip(sum(packed['doc_ids'].to_pylist(), []), sum(packed['doc_starts'].to_pylist(), [])) if s]
    assert set(cut) == {2**64 - d for d, n in enumerate(lens, 1) if n > length}  # only what must be cut is cut


@settings(max_examples=300, deadline=None)
@given(lens=st.lists(st.integers(1, 30), max_size=60), length=st.integers(30, 40))
def test_kernel_equals_plain(lens, length):
    down = np.sort(np.array(lens, np.int64))[::-1]
    assert best_fit(down, length).tolist() == best_fit_plain(down, length)
    assert best_fit(np.array(lens, np.int64), length).tolist() == best_fit_plain(lens, length)
    rows = pack_rows(lens, length)
    assert (np.bincount(rows, lens) <= length).all() if lens else not len(rows)


@pytest.mark.parametrize('seed, length', [(0, 256), (1, 1024), (2, 2048), (3, 1000)])
def test_rows_equal_those_of_trl(seed, length):
    from datasets import Dataset, disable_progress_bars
    from trl import pack_dataset
    disable_progress_bars()
    lens = np.random.default_rng(seed).lognormal(6, 1.4, 1500).astype(int).clip(2, 30_000)
    t = ids_table(lens, first=40_000)
    theirs = pack_dataset(Dataset(t.select(['ids'])), length, 'bfd_split', dict(batch_size=None))['ids']
    ours = pack(t, length, pad_id=-1)
    rows = [tuple(sorted(i for i in r if i >= 0)) for r in ours['input_ids'].to_pylist()]
    assert sorted(rows) == sorted(tuple(sorted(r)) for r in theirs)
    assert fill(ours) > .99 and len(ours) <= -(-lens.sum() // length) + 2


def test_rows_come_in_the_order_of_the_documents():
    "Long documents do not gather at the start: the opener's place decides."
    lens = np.random.default_rng(0).lognormal(5, 1, 3000).astype(int).clip(1, 1000)
    packed = pack(ids_table(lens, first=2000), 1000, 0)
    openers = [2**64 - r[0] for r in packed['doc_ids'].to_pylist()]
    assert openers == sorted(openers)
    longest = np.array([n[0] for n in packed['doc_lens'].to_pylist()])
    half = len(longest) // 2
    assert abs(longest[:half].mean() - longest[half:].mean()) < .1 * longest.mean()


def naive_arrays(packed):
    out = dict(input_ids=[], position_ids=[], labels=[])
    for row in packed.to_pylist():
        pos = [k for n in row['doc_lens'] for k in range(n)]
        pos += range(len(row['input_ids']) - len(pos))
        out['input_ids'].append(row['input_ids']); out['position_ids'].append(pos)
        out['labels'].append([i if m and p else -100 for i, m, p in zip(row['input_ids'], row['loss_mask'], pos)])
    return out


@settings(max_examples=100, deadline=None)
@given(lens=st.lists(st.integers(1, 60), min_size=1, max_size=30), length=st.integers(1, 40), cut=st.integers(0, 3))
def test_arrays_equal_the_slow_way(lens, length, cut):
    packed = pack(ids_table(lens), length, pad_id=0)
    for part in (packed, packed.slice(cut), pa.concat_tables([packed.slice(cut), packed.slice(0, cut)])):
        arrays, slow = to_arrays(part), naive_arrays(part)
        for k, v in arrays.items(): assert v.dtype == np.int32 and v.shape == (len(part), length) and v.tolist() == slow[k]
    labels = to_arrays(packed)['labels']
    assert (labels != -100).sum() == sum(lens) - len(split_bounds(lens, length)[0])


def test_rows_survive_parquet_and_chunks(tok, tmp_path):
    t = encode_docs(table([TEXT[i:i + 997] for i in range(0, len(TEXT), 997)]), tok, Specials(), .5, max_len=512)
    packed = pack(t, 512, pad_id=1)
    pq.write_table(packed, tmp_path/'rows.parquet', compression='zstd', row_group_size=3)
    again = pq.read_table(tmp_path/'rows.parquet')
    assert again.equals(packed)
    for k, v in to_arrays(again).items(): assert np.array_equal(v, to_arrays(packed)[k])
    pq.write_table(t, tmp_path/'ids.parquet', row_group_size=5)
    assert pack(pq.read_table(tmp_path/'ids.parquet'), 512, 1).equals(packed)
    assert pack(pa.concat_tables([t.slice(0, 7), t.slice(7)]), 512, 1).equals(packed)


def test_text_to_rows_and_back(tok):
    texts = [TEXT[i:i + n] for i, n in zip(range(0, 8000, 100), [3, 40, 900, 2500] * 20)]
    t = table(texts)
    ids = encode_docs(t, tok, Specials(), 1., max_len=256)
    packed = pack(ids, 256, pad_id=1)
    back = {d: restore(i, tok) for d, i in unpack(packed)}
    assert back == dict(zip(t['doc_id'].to_pylist(), texts))
    assert 0 < sum(ids['fim'].to_pylist()) < len(texts)
    assert hashlib.sha256(to_arrays(packed)['input_ids']).digest() == hashlib.sha256(to_arrays(pack(ids, 256, 1))['input_ids']).digest()


def test_pack_says_what_is_wrong():
    t = ids_table([5, 9])
    with pytest.raises(ValueError, match='lack doc_id'): pack(t.select(['ids']), 8, 0)
    with pytest.raises(ValueError, match='at least 1'): pack(t, 0, 0)
    with pytest.raises(ValueError, match='no tokens'): pack(ids_table([5, 0]), 8, 0)
    with pytest.raises(ValueError, match='nulls'): pack(t.set_column(1, 'ids', pa.array([[1], None], pa.list_(pa.int32()))), 8, 0)
    with pytest.raises(ValueError, match='occurs 2 times'): pack(pa.concat_tables([t, t]), 8, 0)
    with pytest.raises(ValueError, match='max_len=8'): pack(t.append_column('fim', pa.array([False, True])), 8, 0)
    assert len(pack(t.append_column('fim', pa.array([True, False])), 8, 0)) == 2
    with pytest.raises(ValueError, match='lacks the piece before token 8'): unpack(pack(t, 8, 0).slice(0, 1))
