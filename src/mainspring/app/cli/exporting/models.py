"""``mainspring export browser`` and ``mainspring export device``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mainspring.app import platform
from mainspring.app.cli.words import bold, dim, json_option, print_json

if TYPE_CHECKING:
    from mainspring.models.package import Package
    from mainspring.serving.exporting import Exported

_out = click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="The folder that is written."
)


@click.command(
    epilog="\b\nExamples:\n  npm install onnxruntime-web\n"
    "  mainspring export browser taxi@production --out site --runtime node_modules/onnxruntime-web\n"
    "  python -m http.server --directory site"
)
@click.argument("model", metavar="NAME[@ALIAS]|PACKAGE")
@_out
@click.option(
    "--runtime",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The installed npm package onnxruntime-web, which computes.",
)
@json_option
def browser(model: str, out: Path, runtime: Path | None, as_json: bool) -> None:
    """Write a page that answers with a model in the browser: no row leaves it.

    Any file server can serve the folder; model.js in it is the same for pages of your own.
    """
    from mainspring.serving.exporting import export_page

    package, name, version = _opened(model)
    _tell(export_page(package, out, name=name, version=version, runtime=runtime), as_json)


@click.command(epilog="\b\nExample:\n  mainspring export device taxi@production --out device")
@click.argument("model", metavar="NAME[@ALIAS]|PACKAGE")
@_out
@json_option
def device(model: str, out: Path, as_json: bool) -> None:
    """Write a model with a script that answers rows of JSON, and needs nothing but onnxruntime and numpy."""
    from mainspring.serving.exporting import export_device

    package, name, version = _opened(model)
    _tell(export_device(package, out, name=name, version=version), as_json)


def _opened(model: str) -> tuple[Package, str, str]:
    """A package in a folder, or that of a registered model; with its name and version."""
    from mainspring.models.package import MANIFEST, Package

    folder = Path(model)
    if (folder / MANIFEST).is_file():
        return Package.load(folder), folder.resolve().name, "1"
    with platform.existing() as opened:
        version = opened.models.resolve(model)
        return opened.models.fetch(version), version.name, str(version.version)


def _tell(written: Exported, as_json: bool) -> None:
    if as_json:
        print_json({"folder": str(written.folder), "files": list(written.files), "missing": written.missing})
        return
    click.echo(f"{bold(str(written.folder))} {dim(', '.join(written.files))}")
    if written.missing:
        click.echo(f"still to do: {written.missing}")
