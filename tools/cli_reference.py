"""Writes ``docs/cli.md`` from the commands themselves: ``python tools/cli_reference.py > docs/cli.md``."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from mainspring.app.cli.main import cli

HEAD = """\
# Commands

Generated from the commands themselves by `make cli`. Every command explains itself with `--help`; every command
that prints something for machines has `--json`: one object, on the last line of the standard output.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 held by a gate, 130 interrupted or cancelled.
"""

FRONT = """\
## mainspring

```text
mainspring [-C FOLDER] COMMAND …
```

| option | meaning |
| --- | --- |
"""


def page() -> str:
    """The whole page."""
    context = click.Context(cli, info_name="mainspring", **cli.context_settings)
    return "\n".join([HEAD, FRONT + _rows(cli, context), *_sections(cli, context)])


def _sections(group: click.Group, context: click.Context) -> Iterator[str]:
    """The commands of a group, those of a group among them right after it."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        inside = click.Context(command, info_name=name, parent=context)
        yield _section(command, inside)
        if isinstance(command, click.Group):
            yield from _sections(command, inside)


def _section(command: click.Command, context: click.Context) -> str:
    usage = " ".join(command.collect_usage_pieces(context))
    text = _paragraphs(command.help or "")
    path = context.command_path
    lines = [f"{'#' * (1 + path.count(' '))} {path}", "", text, "", "```text"]
    lines += [f"{path} {usage}", "```", ""]
    rows = _rows(command, context)
    if rows:
        lines += ["| option | meaning |", "| --- | --- |", rows]
    examples = _examples(command.epilog or "")
    if examples:
        lines += ["```sh", *examples, "```", ""]
    return "\n".join(lines)


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip())


def _rows(command: click.Command, context: click.Context) -> str:
    rows = []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if isinstance(parameter, click.Option) and not parameter.hidden and record is not None:
            # Defaults that depend on who runs it would make the page differ from machine to machine.
            names, meaning = record
            rows.append(f"| `{_cell(names)}` | {_cell(meaning)} |")
    return "\n".join(rows) + "\n" if rows else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _examples(epilog: str) -> list[str]:
    return [
        line.strip() for line in epilog.replace("\b", "").splitlines() if line.strip().startswith("mainspring ")
    ]


if __name__ == "__main__":
    print(page(), end="")
