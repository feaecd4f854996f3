"""``mainspring export image`` and ``mainspring export kubernetes``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainspring.app import platform
from mainspring.app.cli.words import bold, dim, json_option, print_json

if TYPE_CHECKING:
    from mainspring.serving.deploying.reading import Declared

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.command(
    epilog="\b\nExamples:\n  mainspring export image fares.yaml --out image && docker build -t fares image\n"
    "  mainspring export image fares.yaml --out image --layout oci && skopeo copy oci:oci:latest docker://…"
)
@_file
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="The folder that is written."
)
@click.option(
    "--layout",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write an OCI image layout, too: what is served, without the server, to be mounted or built upon.",
)
@click.option("--tag", default="latest", show_default=True, help="The name of the image in the layout.")
@json_option
def image(file: Path, out: Path, layout: Path | None, tag: str, as_json: bool) -> None:
    """Bring a deployment with all that it serves into a folder with a Dockerfile.

    References to the registry are what they mean now; the image serves that, whatever becomes of them.
    """
    from mainspring.app.deploying import RegisteredModels
    from mainspring.serving.deploying.resolving import Resolver
    from mainspring.serving.deploying.stock import Stock
    from mainspring.serving.exporting import write_bundle, write_dockerfile, write_layout

    declared = _read(file)
    with platform.open() as opened, tempfile.TemporaryDirectory(prefix="mainspring-export-") as stock:
        resolver = Resolver(RegisteredModels(opened), Stock(Path(stock)))
        bundle = write_bundle(declared.declaration, file.resolve().parent, resolver, out)
    write_dockerfile(bundle)
    digest = write_layout(bundle, layout, tag=tag) if layout is not None else ""
    if as_json:
        print_json(
            {
                "deployment": bundle.name,
                "folder": str(out),
                "digest": bundle.digest,
                "models": {name: list(versions) for name, versions in bundle.versions.items()},
                "layout": {"folder": str(layout), "digest": digest} if layout is not None else None,
            }
        )
        return
    served = ", ".join(f"{name} {' '.join(versions)}" for name, versions in bundle.versions.items())
    click.echo(f"{bold(bundle.name)} {served} {dim('sha256:' + bundle.digest[:12])}")
    click.echo(f"now: docker build -t {bundle.name.lower()} {out}")
    if layout is not None:
        click.echo(f"{layout}: {dim(digest)}")


@click.command(
    epilog="\b\nExamples:\n"
    "  mainspring export kubernetes fares.yaml --image registry.example/fares:3 | kubectl apply -f -\n"
    "  mainspring export kubernetes fares.yaml --image registry.example/fares:3 --kserve --out service.yaml"
)
@_file
@click.option("--image", required=True, metavar="NAME", help="The image that was built of the deployment.")
@click.option("--namespace", default="", help="Where it goes; by default wherever it is applied.")
@click.option("--kserve", is_flag=True, help="An InferenceService of KServe instead of plain manifests.")
@click.option("--no-monitor", is_flag=True, help="Without a ServiceMonitor, which needs the Prometheus operator.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file, instead of standard output.")
@json_option
def kubernetes(
    file: Path, image: str, namespace: str, kserve: bool, no_monitor: bool, out: Path | None, as_json: bool
) -> None:
    """Write the manifests that run a deployment's image on a cluster.

    A Deployment with probes, a Service, a HorizontalPodAutoscaler and a PodDisruptionBudget where the resources of
    the file ask for them, and a ServiceMonitor.
    """
    import yaml

    from mainspring.serving.exporting import inference_service
    from mainspring.serving.exporting import kubernetes as manifests_of

    declaration = _read(file).declaration
    manifests: list[dict[str, Any]] = (
        [inference_service(declaration, image=image, namespace=namespace)]
        if kserve
        else manifests_of(declaration, image=image, namespace=namespace, monitor=not no_monitor)
    )
    if as_json:
        print_json(manifests)
        return
    text = yaml.safe_dump_all(manifests, sort_keys=False)
    if out is None:
        click.echo(text, nl=False)
        return
    out.write_text(text, encoding="utf-8")
    click.echo(f"{bold(str(out))} {', '.join(one['kind'] for one in manifests)}")


def _read(file: Path) -> Declared:
    from mainspring.serving.deploying.reading import read

    return read(file.read_text(encoding="utf-8"), str(file))
