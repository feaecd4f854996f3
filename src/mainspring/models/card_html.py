"""The same page as one HTML file: nothing is loaded from elsewhere, no script runs, and every text is escaped."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any, Final

from mainspring.models.card_text import CODE_SPAN, Block, Bullets, Grid, Listing, Page, Section, Text, cell

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --mark: light-dark(#2458c5, #86aefc); }
body { background: light-dark(#ffffff, #1a1e26); color: light-dark(#1c2230, #e8ebf1); }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--line); }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: 1rem 0; font-size: .9rem; }
a { color: var(--mark); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .3rem .9rem .3rem 0; }
tr { border-bottom: 1px solid var(--line); }
code, pre { font: .9em/1.5 ui-monospace, monospace; }
code { background: var(--soft); padding: .1em .3em; border-radius: .25em; overflow-wrap: anywhere; }
pre { background: var(--soft); padding: .8rem 1rem; border-radius: .4rem; overflow-x: auto; }
pre code { background: none; padding: 0; overflow-wrap: normal; }
@media print { nav { display: none; } body { max-width: none; } }
"""

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def to_html(page: Page) -> str:
    """The page as a complete HTML document."""
    links = "".join(
        f'<a href="#s{place}">{_escape(section.title)}</a>' for place, section in enumerate(page.sections)
    )
    body = "".join(_section(place, section) for place, section in enumerate(page.sections))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_escape(_POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_escape(page.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{_words(page.title)}</h1>\n<p>{_words(page.lead)}</p>\n"
        f'<nav aria-label="Sections">{links}</nav>\n{body}</main>\n</body>\n</html>\n'
    )


def _section(place: int, section: Section) -> str:
    blocks = "".join(_block(block) for block in section.blocks)
    return f'<section id="s{place}">\n<h2>{_words(section.title)}</h2>\n{blocks}</section>\n'


def _block(block: Block) -> str:
    if isinstance(block, Text):
        return f"<p>{_words(block.words)}</p>\n" if block.words else ""
    if isinstance(block, Bullets):
        return "<ul>\n" + "".join(f"<li>{_words(item)}</li>\n" for item in block.items) + "</ul>\n"
    if isinstance(block, Listing):
        return f'<pre tabindex="0"><code>{_escape(block.code)}</code></pre>\n'
    return _grid(block)


def _grid(grid: Grid) -> str:
    if not grid.rows:
        return f"<p>{_words(grid.empty)}</p>\n"
    head = "".join(f'<th scope="col">{_words(name)}</th>' for name in grid.head)
    body = "".join(f"<tr>{_row(row)}</tr>\n" for row in grid.rows)
    table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table>"
    return f'<div class="wide" tabindex="0">{table}</div>\n'


def _row(row: Sequence[Any]) -> str:
    return "".join(f"<td>{_words(cell(value))}</td>" for value in row)


def _words(text: str) -> str:
    """Escaped text, with what stands between backticks as code."""
    parts = CODE_SPAN.split(text)
    return "".join(
        f"<code>{_escape(part[1:-1])}</code>" if place % 2 else _escape(part) for place, part in enumerate(parts)
    )


def _escape(text: str) -> str:
    return html.escape(text, quote=True)
