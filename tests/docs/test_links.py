"""Links between pages lead somewhere, and the words of the house are used as the glossary has them."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "changes").glob("*.md")])
PAGES = [page for page in PAGES if "_build" not in page.parts]

LINK = re.compile(r"(?<!\\)\[[^\]\n]*(?:\n[^\]\n]*)?\]\((?P<target>[^)\s]+)\)")
FENCE = re.compile(r"^(?P<fence>`{3,}).*?^(?P=fence)[^\S\n]*$", re.MULTILINE | re.DOTALL)


def prose(text: str) -> str:
    """A page without its blocks and snippets of code."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, in GitHub's form."""
    headings = re.findall(r"^#{1,6} +(.+?)\s*$", FENCE.sub("", text), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(page: Path) -> list[str]:
    """The relative links of a page that lead nowhere."""
    found = []
    for match in LINK.finditer(prose(page.read_text(encoding="utf-8"))):
        target, _, anchor = unquote(match["target"]).partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (page.parent / target).resolve() if target else page
        there = file.exists() and (not anchor or anchor in anchors(file.read_text(encoding="utf-8")))
        if not there:
            found.append(match["target"])
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    assert broken(page) == []


def test_a_broken_link_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# A heading, with *words*\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](there.md) [b](there.md#a-heading-with-words) [c](https://example.org) `[d](code)`\n"
        "[e](gone.md) [f](there.md#gone)\n\n```text\n[g](code)\n```\n"
    )
    assert broken(page) == ["gone.md", "there.md#gone"]


def test_no_page_of_the_guide_is_forgotten() -> None:
    listed = (ROOT / "docs/guide/index.md").read_text(encoding="utf-8").split()
    pages = [page.stem for page in (ROOT / "docs/guide").glob("*.md") if page.stem != "index"]
    assert [page for page in pages if page not in listed] == []


@pytest.mark.parametrize(
    "command",
    [
        "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/mainspring demo",
        "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest",
    ],
)
def test_the_two_commands_are_the_same_everywhere(command: str) -> None:
    """Word for word in the README and in the installation page: they are what people paste."""
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")
    assert command in (ROOT / "docs/install.md").read_text(encoding="utf-8")
