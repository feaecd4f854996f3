"""``mainspring graph``: graphs of models, looked at and made."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import click
import msgspec

from mainspring.app import platform
from mainspring.app.cli.words import bold, dim, json_option, print_json, table
from mainspring.core.errors import InputError, NotFoundError, UnavailableError

if TYPE_CHECKING:
    from mainspring.serving.graphs.graph import Graph
    from mainspring.serving.outliers.detector import Method

_name_option = click.option("--name", default="", help="The graph, if there are several.")


@click.group(
    epilog="\b\nExamples:\n  mainspring graph check server.yaml\n"
    "  mainspring graph show server.yaml --svg graph.svg\n"
    "  mainspring graph from-run latest --steps clean,tokenise,vectorise,classify --out spam"
)
def graph() -> None:
    """Graphs of models, transformers and routers that are served as one model."""


@graph.command(
    epilog="\b\nExamples:\n  mainspring graph show server.yaml\n  mainspring graph show server.yaml --mermaid\n"
    "  mainspring graph show --url http://127.0.0.1:8080 --name spam --svg spam.svg"
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option("--url", help="Ask a server that runs, instead of reading a file.")
@_name_option
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Write the picture into this file.")
@click.option("--mermaid", is_flag=True, help="Print the graph in Mermaid's language.")
@json_option
def show(file: Path | None, url: str | None, name: str, svg: Path | None, mermaid: bool, as_json: bool) -> None:
    """What a graph consists of: as a table, a picture, or a flowchart for a README.

    The key of a server that asks for one comes from the environment variable MAINSPRING_API_KEY.
    """
    from mainspring.app.graphs.files import as_plain
    from mainspring.serving.graphs import picture

    if (file is None) == (url is None):
        raise InputError("what is shown is not clear", expected="a file, or --url with --name")
    shown, found = _from_file(file, name) if file is not None else _from_server(url or "", name)
    if svg is not None:
        svg.write_text(picture.svg(found, title=shown), encoding="utf-8")
    if as_json:
        print_json({"name": shown, "graph": as_plain(found)})
    elif mermaid:
        click.echo(picture.mermaid(found), nl=False)
    else:
        _print(shown, found)
        if svg is not None:
            click.echo(dim(f"drawn in {svg}"))


@graph.command(
    epilog="\b\nExamples:\n  mainspring graph check server.yaml\n"
    "  mainspring graph check graph.yaml --names-only --json"
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--names-only", is_flag=True, help="Do not load the models: edges are not held to their signatures.")
@json_option
def check(file: Path, names_only: bool, as_json: bool) -> None:
    """Everything that is wrong with the graphs of a file; ends with status 1 if anything is."""
    from mainspring.app.graphs.files import problems_of, read

    told = problems_of(read(file), models=not names_only)
    ok = not any(told.values())
    if as_json:
        print_json({"ok": ok, "problems": told})
    for name, lines in told.items() if not as_json else ():
        click.echo(
            f"{bold(name)}: {'nothing is wrong' if not lines else ''}".rstrip(" :") + (":" if lines else "")
        )
        for line in lines:
            click.echo(f"  {line}")
    if not ok:
        click.get_current_context().exit(1)


@graph.command(
    "from-run",
    epilog="\b\nExamples:\n"
    "  mainspring graph from-run latest --steps clean,tokenise,vectorise,classify --out spam\n"
    "  mainspring serve --config spam/graph.yaml",
)
@click.argument("run", default="latest")
@click.option("--steps", required=True, help="Names of steps, with commas, each after those that it reads.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A folder that is not there yet.")
@click.option("--name", default="", help="What the graph is called; by default as the pipeline.")
@click.option(
    "--request", "requests", multiple=True, help="STEP.ARGUMENT that is given what is asked (repeatable)."
)
@click.option("--state", "states", multiple=True, help="STEP.ARGUMENT that is given what was learnt (repeatable).")
@click.option("--without", multiple=True, help="A column of the run's data that callers do not have (repeatable).")
@click.option("--rows", default=200, show_default=True, help="How many recorded rows the graph is proved on.")
@click.option("--processes", is_flag=True, help="Run every step in a process of its own, not in the server's.")
@json_option
def from_run(
    run: str,
    steps: str,
    out: Path,
    name: str,
    requests: tuple[str, ...],
    states: tuple[str, ...],
    without: tuple[str, ...],
    rows: int,
    processes: bool,
    as_json: bool,
) -> None:
    """Make a graph of the steps of a run: the same functions, with what they had learnt, and the package.

    The answers of every step, and of the graph as a server gives them, are held against those of the run first.
    """
    from mainspring.app.graphs import CONFIG, Wanted, pick, prove, write
    from mainspring.app.graphs.writing import write_config

    if out.exists():
        raise InputError(
            f"{out} is there already", expected="a folder that is not", fix="remove it, or name another"
        )
    wanted = Wanted(
        steps=[one.strip() for one in steps.split(",") if one.strip()],
        requests=requests,
        states=states,
        without=without,
        rows=rows,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    with platform.existing() as opened, tempfile.TemporaryDirectory(dir=out.parent, prefix=".graph-") as scratch:
        folder = Path(scratch) / "graph"
        folder.mkdir()
        picked = pick(opened, run, wanted, folder / "code")
        name = name or str(opened.pipelines.records.run(picked.name).properties.get("pipeline"))
        options = write(opened, picked, folder, name=name, processes=processes)
        config = write_config(folder, options, run=picked.name, rows=rows)
        proof = prove(picked, folder, config, name=name)
        write_config(folder, options, run=picked.name, rows=proof.rows)
        (folder / "proof.json").write_text(json.dumps(proof.as_dict(), indent=1) + "\n", encoding="utf-8")
        shutil.move(folder, out)
    if as_json:
        print_json({"name": name, "folder": str(out), "config": str(out / CONFIG), "proof": proof.as_dict()})
        return
    click.echo(f"{bold(name)} {dim('of run ' + picked.name)}: {' -> '.join(wanted.steps)}")
    click.echo(
        f"{proof.rows} rows are answered as in the run; scores differ by {proof.largest_difference:.2g} at most"
    )
    click.echo(dim("serve it: ") + f"mainspring serve --config {out / CONFIG}")


@graph.command(
    epilog="\b\nExamples:\n  mainspring graph detector latest --out odd.json\n"
    "  mainspring graph detector latest --method mahalanobis --columns fare,miles --out odd.json",
)
@click.argument("run", default="latest")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write.")
@click.option("--columns", default="", help="Names of columns, with commas; by default all numbers that vary.")
@click.option(
    "--method",
    type=click.Choice(["robust", "mahalanobis"]),
    default="robust",
    show_default=True,
    help="Far from the median of a column, or from the mean with regard to how columns vary together.",
)
@click.option(
    "--share", default=0.001, show_default=True, help="How many of usual rows may be taken for outliers."
)
@click.option("--split", default="train", show_default=True, help="The split whose statistics are used.")
@json_option
def detector(run: str, out: Path, columns: str, method: str, share: float, split: str, as_json: bool) -> None:
    """Make a detector of outliers of the statistics of a run, to be a node that a graph names under 'also'."""
    from mainspring.app.stories import tell, value_of
    from mainspring.serving.outliers import fit

    with platform.existing() as opened:
        story = tell(opened.pipelines.records, opened.store.blobs, run)
        found = story.artifacts("mainspring.Statistics")
        value = value_of(found[0], opened.store.blobs) if found else None
    if value is None:
        raise NotFoundError(f"run {run} has no statistics", fix="let its pipeline have the step statistics")
    names = [one.strip() for one in columns.split(",") if one.strip()]
    fitted = fit(value.split(split), columns=names, method=cast("Method", method), share=share)
    fitted.save(out)
    component = {
        "entry": "mainspring.serving.outliers:OutlierDetector",
        "arguments": {"file": str(out.resolve())},
        "inline": True,
    }
    if as_json:
        print_json({"file": str(out), "component": component, "detector": msgspec.to_builtins(fitted)})
        return
    click.echo(f"{bold(str(out))} looks at {', '.join(fitted.columns)} {dim(f'of {fitted.rows} rows')}")
    click.echo(dim("serve it: ") + json.dumps({"component": component}))


def _from_file(file: Path, name: str) -> tuple[str, Graph]:
    from mainspring.app.graphs.files import read

    found = read(file).graphs
    if name not in found and (name or len(found) > 1):
        raise InputError(f"the graphs of {file} are: {', '.join(found)}", expected="one of them: --name NAME")
    shown = name or next(iter(found))
    return shown, found[shown]


def _from_server(url: str, name: str) -> tuple[str, Graph]:
    from mainspring.serving.client import Client
    from mainspring.serving.graphs.graph import Graph as Declared

    if not name:
        raise InputError("no graph is named", expected="--name NAME with --url")
    with Client(url) as client:
        status, _, body = client.exchange("GET", f"/v2/models/{quote(name, safe='')}/graph", b"", {})
    told: Any = json.loads(body)
    if status != 200:
        raise UnavailableError(f"the server answers {status}: {told.get('error')}", where=url)
    return name, msgspec.convert(told["graph"], Declared)


def _print(name: str, found: Graph) -> None:
    from mainspring.serving.graphs.picture import kind_of
    from mainspring.serving.graphs.wiring import answering, branches_of, sources_of

    click.echo(f"{bold(name)} {dim('answers with ' + answering(found))}")
    rows = [
        (
            node,
            kind_of(one),
            one.model or one.url or one.combine or "",
            ", ".join(source.text for source in sources_of(one.reads)),
            ", ".join(branches_of(one)),
        )
        for node, one in found.nodes.items()
    ]
    click.echo(table(rows, ("node", "kind", "model", "reads", "branches")))
