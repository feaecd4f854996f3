"""Ten million rows, killed half-way and run again: every row once, in order, as the runtime itself answers it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[4] / "benchmarks" / "bulk.py"


@pytest.mark.slow
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_ten_million_rows_are_answered_once_though_the_run_is_killed(form: str, tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "--resume", "--rows", "10000000", "--models", "linear"]
    done = subprocess.run(
        [*command, "--form", form, "--folder", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10,000,000 rows, 0 out of place, 0 answers unlike those of the runtime" in done.stdout
    memory = re.search(r"peak memory of all processes (\d+) MB", done.stdout)
    assert memory is not None
    assert int(memory[1]) < 900, done.stdout
