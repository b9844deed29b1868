"""OpenCoder's released filter over some files, for `bench_filter.py`; runs in an environment of its own. usage: PYTHON peer_filter.py FOLDER FILES.json RUNS

    git clone https://github.com/OpenCoder-llm/opc_data_filtering released
    python3 -m venv peers && peers/bin/pip install nltk jieba mecab-python3 unidic-lite zhconv pygments esprima==4.0.1 beautifulsoup4 regex numpy
    OPENCOOKBOOK_RELEASED=released OPENCOOKBOOK_PEERS=peers/bin/python make bench

FOLDER is that clone. FILES.json lists [path, lang, doc_type, text]. Signals, then rules, one file after the other, as its example does; all is taken for English, so that no language
model is needed. Prints CPU seconds by language, the best of RUNS, and for each file its signals and the rules that fire.
"""
import contextlib
import json
import os
import sys
import time
import warnings
from pathlib import Path


def judge(measure, rules, path: str, lang: str, doc_type: str, text: str) -> tuple[dict, list]:
    "Signals of one file, and the rules that fire."
    name = os.path.basename(path)
    found = json.loads(measure.evaluate(text=text, filename=name, lang='en', ext=name.rpartition('.')[2], file_size_in_byte=len(text.encode()), program_lang=lang, doc_type=doc_type))
    said = json.loads(rules.evaluate(doc_type=doc_type, lang='en', program_lang=lang, quality_signal=found['quality_signal']))
    return found['quality_signal'], [k for k, v in json.loads(said['hit_map']).items() if v]


def peak_mb() -> int:
    "Most memory that this process had, in MB; what `getrusage` tells begins with that of the process which started it."
    return int(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0]) // 1024


def main(folder: str, files: str, runs: str) -> dict:
    sys.path.insert(0, folder)
    from pipeline.compute_filtering import CodeFilter
    from pipeline.compute_quality_signals import ComputeCodeQualitySignal
    measure, rules, rows, seconds = ComputeCodeQualitySignal(), CodeFilter(), json.load(open(files)), {}
    for row in rows[::50]: judge(measure, rules, *row)
    for _ in range(int(runs)):
        took, told = {}, []
        for row in rows:
            began = time.process_time()
            told.append(judge(measure, rules, *row))
            took[row[1]] = took.get(row[1], 0) + time.process_time() - began
        seconds = {k: min(v, seconds.get(k, v)) for k, v in took.items()}
    return dict(seconds=seconds, peak_mb=peak_mb(), signals=[json.loads(s) for s, _ in told], hits=[h for _, h in told])


if __name__ == '__main__':
    warnings.simplefilter('ignore')
    with contextlib.redirect_stdout(sys.stderr): said = main(*sys.argv[1:])
    print(json.dumps(said))
