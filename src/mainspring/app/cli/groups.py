"""Groups of commands that import a command when it is called, so that ``--help`` costs nothing."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, cast

import click


class LazyGroup(click.Group):
    """A group whose commands lie in modules of their own.

    Args:
        package: The package that the modules lie in.
        commands: Name to ``module:attribute``.
        summaries: Name to one line of help.
        default: The command that is meant where the first argument is none.
        bare: Whether it is meant without any argument too.
    """

    def __init__(
        self,
        *arguments: Any,
        package: str = "mainspring.app.cli",
        commands: Mapping[str, str] | None = None,
        summaries: Mapping[str, str] | None = None,
        default: str = "",
        bare: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self.package, self.default, self.bare = package, default, bare
        self.targets, self.summaries = dict(commands or {}), dict(summaries or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands by name."""
        return sorted(self.targets)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command, imported."""
        target = self.targets.get(cmd_name)
        if target is None:
            return None
        module, _, attribute = target.partition(":")
        return cast("click.Command", getattr(importlib.import_module(f"{self.package}.{module}"), attribute))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The arguments, with the name of the default command before them where they name none."""
        known = {*self.targets, *ctx.help_option_names}
        if self.default and (args[0] not in known if args else self.bare):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A command, or an error that names the closest one."""
        import difflib

        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            close = difflib.get_close_matches(args[0], list(self.targets), n=1) if args else []
            if not close:
                raise
            raise click.UsageError(f"{error.message} Did you mean {close[0]!r}?", ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from a table: importing all of them to ask would be slow."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(self.summaries.items()))
