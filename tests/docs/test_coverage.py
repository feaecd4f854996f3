"""What can be used is documented: every command, option, hook, error and room."""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from mainspring.core import errors, hookspecs

DOCS = Path(__file__).parents[2] / "docs"
CLI = DOCS / "cli.md"


def has_command_line() -> bool:
    """Whether the command line is there (a parent that is missing makes ``find_spec`` raise)."""
    try:
        return find_spec("mainspring.app.cli.main") is not None
    except ModuleNotFoundError:
        return False


needs_command_line = pytest.mark.skipif(not has_command_line(), reason="the command line is not there yet")


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every command with its options, as click knows them; hidden ones are left out."""
    import click

    from mainspring.app.cli.main import cli

    def walk(command: click.Command, name: str, parent: click.Context | None) -> Iterator[tuple[str, list[str]]]:
        context = click.Context(command, info_name=name.rsplit(maxsplit=1)[-1], parent=parent)
        options = [
            max(parameter.opts, key=len)
            for parameter in command.params
            if isinstance(parameter, click.Option) and not parameter.hidden
        ]
        yield name, options
        if isinstance(command, click.Group):
            for sub in command.list_commands(context):
                found = command.get_command(context, sub)
                assert found is not None, f"{name} lists {sub} and does not have it"
                if not found.hidden:
                    yield from walk(found, f"{name} {sub}", context)

    yield from walk(cli, "mainspring", None)


def sections(text: str) -> dict[str, str]:
    """The sections of the page by the command in their heading, such as ``## `mainspring run` ``."""
    parts = re.split(r"^#{1,4} +`?(mainspring(?: [a-z-]+)*)`?[^\n]*$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@needs_command_line
def test_every_command_has_a_section() -> None:
    documented = sections(CLI.read_text(encoding="utf-8"))
    assert [name for name, _ in commands() if name not in documented and name != "mainspring"] == []


@needs_command_line
def test_every_section_is_about_a_command() -> None:
    known = {name for name, _ in commands()}
    assert [name for name in sections(CLI.read_text(encoding="utf-8")) if name not in known] == []


@needs_command_line
def test_every_option_is_in_the_section_of_its_command() -> None:
    """Options that every command has may be told once, in the section ``mainspring``."""
    documented = sections(CLI.read_text(encoding="utf-8"))
    everywhere = documented.get("mainspring", "")
    missing = [
        f"{name} {option}"
        for name, options in commands()
        for option in options
        if not re.search(rf"{re.escape(option)}(?![\w-])", documented.get(name, "") + everywhere)
    ]
    assert missing == []


def test_every_hook_is_documented() -> None:
    page = (DOCS / "guide/plugins.md").read_text(encoding="utf-8")
    hooks = [name for name in vars(hookspecs) if name.startswith("mainspring_")]
    assert hooks
    assert [name for name in hooks if f"| `{name}` |" not in page] == []


def test_every_error_is_documented() -> None:
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.MainspringError)
    ]
    assert kinds
    assert [kind.__name__ for kind in kinds if f"| `{kind.code}` | `{kind.__name__}` |" not in page] == []


def test_every_room_has_its_page_of_names() -> None:
    source = DOCS.parent / "src/mainspring"
    rooms = {path.parent.name for path in source.glob("*/__init__.py")}
    pages = {path.stem for path in (DOCS / "api").glob("*.md")} - {"index", "mainspring"}
    assert pages == rooms


def test_every_extra_is_documented() -> None:
    import tomllib

    settings = tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))
    extras = set(settings["project"]["optional-dependencies"]) - {"docs", "test", "dev"}
    page = (DOCS / "install.md").read_text(encoding="utf-8")
    assert sorted(extra for extra in extras if f"| `{extra}` |" not in page) == []


def test_every_setting_of_the_console_is_documented() -> None:
    from dataclasses import fields

    from mainspring.app.settings import Console, Oidc

    console = (DOCS / "guide/console.md").read_text(encoding="utf-8")
    accounts = (DOCS / "guide/console/accounts.md").read_text(encoding="utf-8")
    rows = "\n".join(line.split("|")[1] for line in console.splitlines() if line.startswith("| `"))
    assert [
        one.name for one in fields(Console) if f"{one.name}`" not in rows and f"{one.name}]`" not in rows
    ] == []
    provider = accounts.partition("[console.oidc]")[2]
    assert [one.name for one in fields(Oidc) if f"{one.name} = " not in provider and one.name != "secret"] == []
    assert "MAINSPRING_CONSOLE_OIDC_SECRET" in provider


def test_every_decision_is_in_the_list() -> None:
    index = (DOCS / "decisions/index.md").read_text(encoding="utf-8")
    records = sorted(path.stem for path in (DOCS / "decisions").glob("[0-9]*.md"))
    assert [name for name in records if name not in index] == []
    assert [int(name[:4]) for name in records] == list(range(1, len(records) + 1))


@needs_command_line
def test_the_page_of_commands_is_what_the_commands_say() -> None:
    """After a change of a command: `make cli`."""
    import runpy

    page = runpy.run_path(str(DOCS.parent / "tools" / "cli_reference.py"))["page"]()
    assert CLI.read_text(encoding="utf-8") == page
