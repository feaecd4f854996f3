"""``mainspring export``."""

from __future__ import annotations

import click

from mainspring.app.cli.groups import LazyGroup

_COMMANDS = {
    "browser": "models:browser",
    "device": "models:device",
    "image": "deployments:image",
    "kubernetes": "deployments:kubernetes",
}
_SUMMARIES = {
    "browser": "A page that answers with a model in the browser.",
    "device": "A model with a script that needs nothing but ONNX Runtime.",
    "image": "A deployment with all that it serves, as an image.",
    "kubernetes": "Manifests for a deployment whose image is in a registry.",
}


@click.group(
    cls=LazyGroup,
    package="mainspring.app.cli.exporting",
    commands=_COMMANDS,
    summaries=_SUMMARIES,
    epilog="\b\nExamples:\n  mainspring export browser taxi@production --out site\n"
    "  mainspring export image fares.yaml --out image\n"
    "  mainspring export kubernetes fares.yaml --image registry.example/fares:3",
)
def export() -> None:
    """Models and deployments for other places: browsers, devices, images, clusters."""
