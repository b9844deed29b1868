"""Kill a cook at random moments, run it again until it ends, and compare every byte with a cook nobody disturbed."""
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

from program import TIMES, cook, digest


def test_a_second_cook_does_nothing(calm):
    out, first = calm
    before = {p: p.stat().st_mtime_ns for p in out.rglob('*') if p.is_file() and p.name not in TIMES and not p.name.endswith('.lock') and p.name != 'run.json'}
    p = cook(out)
    assert p.wait(60) == 0
    assert {p: p.stat().st_mtime_ns for p in before} == before


def test_killed_at_twenty_moments_and_equal(calm, tmp_path):
    want, whole = calm
    rng, kills = random.Random(7), 0
    while kills < 20:
        p = cook(tmp_path)
        try: said = p.communicate(timeout=rng.uniform(1.5, max(6.0, whole / 2)))[0]
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL) if rng.random() < .5 else p.kill()
            p.wait(); p.stdout.close(); kills += 1
            continue
        assert p.returncode == 0, said
        undo(tmp_path, rng)  # finished before twenty kills: take a step away and go on
    p = cook(tmp_path)
    assert p.wait(300) == 0
    assert digest(tmp_path) == digest(want)


def undo(out: Path, rng: random.Random) -> None:
    "Remove one finished step of a run, as if it had never been."
    folders = sorted(p for p in (out/'sample').iterdir() if p.is_dir() and not p.name.startswith('.'))
    shutil.rmtree(rng.choice(folders))


def test_interrupted_with_ctrl_c(calm, tmp_path):
    want, whole = calm
    p = cook(tmp_path)
    time.sleep(max(4.0, whole / 3))
    os.killpg(p.pid, signal.SIGINT)
    said = p.communicate(timeout=60)[0]
    assert p.returncode == 130 and 'interrupted' in said and 'Traceback' not in said, said
    p = cook(tmp_path)
    assert p.wait(300) == 0
    assert digest(tmp_path) == digest(want)
