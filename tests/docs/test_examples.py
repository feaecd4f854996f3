"""Shown code is run code: the Python blocks of a page are one program, run from top to bottom in an empty folder.

A block is left out only by ``<!-- skip: reason -->`` on the line before it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])

BLOCK = re.compile(r"^(?P<fence>`{3,})python[^\S\n]*\n(?P<code>.*?)^(?P=fence)[^\S\n]*$", re.MULTILINE | re.DOTALL)
SKIP = re.compile(r"<!-- skip: (?P<reason>.*?) -->\s*\Z")


@dataclass(frozen=True)
class Block:
    """Some lines of Python on a page; ``skip`` holds the reason why they are not run."""

    line: int
    code: str
    skip: str | None


def blocks(text: str) -> list[Block]:
    """The Python blocks of a page."""
    found = []
    for match in BLOCK.finditer(text):
        before = text[: match.start()]
        reason = SKIP.search(before)
        found.append(Block(before.count("\n") + 2, match["code"], reason["reason"] if reason else None))
    return found


def program(text: str) -> str:
    """The page as a program, with every line where it is on the page, so that a traceback points there."""
    lines = [""] * (text.count("\n") + 1)
    for block in blocks(text):
        if block.skip is None:
            code = block.code.splitlines()
            lines[block.line - 1 : block.line - 1 + len(code)] = code
    return "\n".join(lines) + "\n"


RUNNABLE = [page for page in PAGES if page.exists() and program(page.read_text(encoding="utf-8")).strip()]


@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_code_of_a_page_runs(page: Path, tmp_path: Path, forked: Callable[..., tuple[int, str, str]]) -> None:
    script = tmp_path / f"{page.stem.replace('-', '_')}.py"
    script.write_text(program(page.read_text(encoding="utf-8")), encoding="utf-8")
    home = tmp_path / "home"
    home.mkdir()
    code, out, err = forked(tmp_path, script=script, strict=True, seconds=120, environment={"HOME": str(home)})
    assert code == 0, f"{page.relative_to(ROOT)} does not run:\n{out}\n{err}"


def test_blocks_are_found_with_their_lines() -> None:
    page = "# Title\n\n```python\na = 1\n```\n\n<!-- skip: a server -->\n```python\nb\n```\n\n```sh\nc\n```\n"
    assert blocks(page) == [Block(4, "a = 1\n", None), Block(9, "b\n", "a server")]
    assert program(page).splitlines()[3] == "a = 1"
    assert program(page).split() == ["a", "=", "1"]


def test_a_block_inside_a_longer_fence_is_a_picture_of_a_block() -> None:
    assert blocks("````md\n```text\n```\n````\n") == []
