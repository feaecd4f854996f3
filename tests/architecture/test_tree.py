"""What lies in the repository: nothing of one machine, nothing large, nothing half done."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LARGEST = 400_000

# Built in pieces, so that this file does not find itself.
MACHINE = re.compile(
    r"(?<![\w.}])/(?:" + "|".join(["wo" + "rk", "ro" + "ot", "ho" + "me", "Use" + "rs", "opt/" + "ms"]) + r")/\w"
)
UNDONE = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager"}


def files() -> list[Path]:
    """What git tracks or would track; without git, everything that is not obviously made."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("this is no git checkout")
    return [ROOT / name for name in sorted(done.stdout.split("\0")) if name and (ROOT / name).is_file()]


def texts() -> list[tuple[Path, str]]:
    """The files that are text."""
    found = []
    for path in files():
        data = path.read_bytes()
        if b"\0" not in data:
            found.append((path.relative_to(ROOT), data.decode("utf-8")))
    return found


def places(pattern: re.Pattern[str], *, without: frozenset[str] = frozenset()) -> list[str]:
    """Where a pattern occurs."""
    return [
        f"{path}:{number}: {line.strip()[:100]}"
        for path, text in texts()
        if path.name not in without
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_nothing_knows_the_machine_it_was_written_on() -> None:
    assert places(MACHINE) == []


def test_nothing_is_left_half_done() -> None:
    assert places(UNDONE) == []


def test_no_file_is_large() -> None:
    large = [
        f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes"
        for path in files()
        if path.stat().st_size > LARGEST
    ]
    assert large == []


def test_modules_have_names_that_say_something() -> None:
    source = ROOT / "src/mainspring"
    assert [str(path.relative_to(ROOT)) for path in source.rglob("*") if path.stem in NAMELESS] == []


def test_every_directory_of_the_package_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "src/mainspring").rglob("*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []
