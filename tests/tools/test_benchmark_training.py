"""The training benchmark runs, and its trainers train the same network."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "training.py"


def test_quick_benchmark_prints_ratios_and_memory():
    command = [sys.executable, str(SCRIPT), "--quick", "--only", "bare", "fit"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    title, head, bare, fit = result.stdout.splitlines()
    assert "2,560 images, batch 128" in title
    assert "peak MB" in head
    seconds, ratio, _, _, peak = map(float, bare.removeprefix("bare loop").split()[:5])
    assert seconds > 0
    assert ratio == 1.0
    assert peak > 100 or sys.platform == "win32"
    assert float(fit.removeprefix("d2lite.fit, progress, history").split()[1]) > 0
