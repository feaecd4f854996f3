"""``mainspring data schema wizard``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainspring.app.cli.data.inputs import Reading, reading_options, schema_format, schema_text
from mainspring.app.cli.data.loading import load, recognised
from mainspring.app.cli.data.schema import explained, format_option
from mainspring.app.cli.words import bold, dim
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.data.schema import Feature, Schema
    from mainspring.data.statistics import Statistics

_CHOICES = "accept, edit, skip, or all the rest"


@click.command(
    epilog="\b\nExamples:\n  mainspring data schema wizard trips.csv --label big_tipper --out schema.yaml\n"
    "  mainspring data schema wizard trips.csv --yes --out schema.yaml"
)
@click.argument("files", metavar="FILE…", nargs=-1, required=True)
@click.option("--label", help="The column that is to be predicted; asked for by default.")
@click.option("--yes", is_flag=True, help="Accept everything that is proposed; ask nothing.")
@format_option
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default="schema.yaml",
    show_default=True,
    help="The file.",
)
@reading_options
def wizard(
    files: tuple[str, ...], reading: Reading, label: str | None, yes: bool, form: str | None, out: Path
) -> None:
    """Propose a schema feature by feature: what was seen, what is asked for and why; accept, edit or skip each.

    Nothing is written before the end.
    """
    from mainspring.data.schema.inference import infer

    loaded = load(files, reading, together=True)
    names = list(dict.fromkeys(name for table in loaded.statistics.splits.values() for name in table.features))
    if label is None and not yes:
        label = _ask_label(names)
    proposed = infer(loaded.statistics, label=label, recognised=recognised(loaded))
    reasons = explained(loaded.statistics, proposed)
    if not yes:
        click.echo(f"\n{len(proposed.features)} features; {_CHOICES}.\n")
    chosen = proposed if yes else _walk(proposed, reasons, loaded.statistics)
    if yes:
        for name, feature in proposed.features.items():
            _tell(feature, proposed, reasons.get(name, []), loaded.statistics)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(schema_text(chosen, schema_format(out, form)), encoding="utf-8")
    click.echo(f"wrote {out}: {len(chosen.features)} features")


def _ask_label(names: list[str]) -> str | None:
    while True:
        answer = click.prompt(
            "The column to be predicted (empty for none)", default="", show_default=False
        ).strip()
        if not answer or answer in names:
            return answer or None
        click.echo(f"there is no column {answer!r}; there are {', '.join(names[:20])}")


def _walk(proposed: Schema, reasons: dict[str, list[str]], statistics: Statistics) -> Schema:
    from dataclasses import replace

    kept: dict[str, Feature] = {}
    asking = True
    for name, feature in proposed.features.items():
        if not asking:
            kept[name] = feature
            continue
        _tell(feature, proposed, reasons.get(name, []), statistics)
        answer = click.prompt(
            "  [a]ccept, [e]dit, [s]kip, accept a[l]l the rest",
            type=click.Choice(["a", "e", "s", "l"]),
            default="a",
            show_choices=False,
        )
        asking = answer != "l"
        if answer != "s" or name == proposed.label:
            kept[name] = _edited(proposed, feature) if answer == "e" else feature
    return replace(proposed, features=kept)


def _tell(feature: Feature, proposed: Schema, why: list[str], statistics: Statistics) -> None:
    from mainspring.data.viewing.expectations import lines
    from mainspring.data.viewing.features import bars, share_of
    from mainspring.data.viewing.terminal import sparkline

    found = next(
        (one.features[feature.name] for one in statistics.splits.values() if feature.name in one.features), None
    )
    click.echo(f"{bold(feature.name)}{dim('  the label') if feature.name == proposed.label else ''}")
    if found is not None:
        seen = f"{found.num_examples:,} rows, {share_of(found.num_missing, found.num_examples)} missing"
        click.echo(
            f"  seen      {seen}, {found.unique:,} different  {click.style(sparkline(bars(found)), fg='blue')}"
        )
    for word, text in lines(feature, proposed):
        # The limits that hold for all features would only be noise here.
        if word != "drift" or feature.drift != type(feature.drift)():
            click.echo(f"  {word.ljust(9)} {text}")
    for sentence in why:
        click.echo(f"  {dim('why       ' + sentence)}")


def _edited(proposed: Schema, feature: Feature) -> Feature:
    """The feature as a person wrote it in an editor; asked again until it is one."""
    from dataclasses import replace

    text = replace(proposed, features={feature.name: feature}, label=None).to_text()
    while True:
        answer: Any = click.edit(text, extension=".yaml")
        if answer is None:
            return feature
        try:
            found = type(proposed).from_text(answer, where=feature.name).features
        except InputError as error:
            click.echo(f"  {click.style('error:', fg='red')} {error}")
            text = answer
            continue
        if feature.name in found:
            return found[feature.name]
        click.echo(f"  the text has no feature {feature.name!r} any more")
        text = answer
