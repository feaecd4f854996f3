"""A page of plain parts, as Markdown: paragraphs, lists, tables and code, in sections.

In paragraphs, list items and cells, what stands between backticks is code, in both forms of the page
(:mod:`mainspring.models.card_html` has the other).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

CODE_SPAN = re.compile(r"(`[^`\n]+`)")


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    words: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: Sequence[str]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; ``empty`` is said instead of one without rows."""

    head: Sequence[str]
    rows: Sequence[Sequence[Any]]
    empty: str = "None."


@dataclass(frozen=True, slots=True)
class Listing:
    """Code in a language."""

    language: str
    code: str


Block: TypeAlias = Text | Bullets | Grid | Listing


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under a title."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Page:
    """Sections under a title and a first paragraph."""

    title: str
    lead: str
    sections: Sequence[Section]


def to_markdown(page: Page) -> str:
    """The page as Markdown; what looks like HTML in it is shown as it is written."""
    parts = [f"# {_plain(page.title)}", _plain(page.lead)]
    for section in page.sections:
        parts.append(f"## {section.title}")
        parts += [_block(block) for block in section.blocks]
    return "\n\n".join(part for part in parts if part) + "\n"


def cell(value: Any) -> str:
    """A value as the text of a cell: numbers with six digits."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _block(block: Block) -> str:
    if isinstance(block, Text):
        return _plain(block.words)
    if isinstance(block, Bullets):
        return "\n".join(f"- {_plain(item)}" for item in block.items)
    if isinstance(block, Listing):
        longest = max(map(len, re.findall(r"`{3,}", block.code)), default=2)
        fence = "`" * (longest + 1)
        return f"{fence}{block.language}\n{block.code}\n{fence}"
    if not block.rows:
        return _plain(block.empty)
    lines = [block.head, ["---"] * len(block.head), *block.rows]
    return "\n".join("| " + " | ".join(_cell(one) for one in line) + " |" for line in lines)


def _cell(value: Any) -> str:
    return _plain(cell(value)).replace("|", "\\|").replace("\n", " ")


def _plain(words: str) -> str:
    """Words outside code spans without what a reader of Markdown would take for HTML."""
    parts = CODE_SPAN.split(words)
    return "".join(part if place % 2 else part.replace("<", "&lt;") for place, part in enumerate(parts))
