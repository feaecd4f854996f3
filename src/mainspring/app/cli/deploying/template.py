"""``mainspring deploy template``."""

from __future__ import annotations

import click

from mainspring.app.cli.words import dim, json_option, print_json


@click.command(
    epilog="\b\nExamples:\n  mainspring deploy template github --data a.csv\n  mainspring deploy template gitlab"
)
@click.argument("host", type=click.Choice(["github", "gitlab"]))
@click.option("--data", default="", help="The file that is held against schema.yaml on every change.")
@click.option(
    "--label", default="", help="The column of the truth in it: then audit.yaml is held against the model."
)
@click.option("--name", default="", help="The model; by default the name of the project.")
@click.option("--force", is_flag=True, help="Overwrite a workflow that is there.")
@json_option
def template(host: str, data: str, label: str, name: str, force: bool, as_json: bool) -> None:
    """Write a workflow for GitHub or GitLab: lint, data, model and trial tested, promoted by merging.

    Also a first file in deployments/, where there is none.
    """
    from mainspring.app.continuous import workflow_of, write_workflow
    from mainspring.app.settings_file import find_root, load

    root = find_root()
    workflow = workflow_of(root, name or load(root).project.name or root.name, data=data, label=label)
    written = write_workflow(root, "github" if host == "github" else "gitlab", workflow, force=force)
    if as_json:
        print_json({"files": [str(file) for file in written]})
        return
    for file in written:
        click.echo(f"wrote {file.relative_to(root)}")
    if workflow.audit and not (data and label):
        click.echo(dim("left out: ") + "audit.yaml, which needs --data and --label")
    click.echo(dim("next: ") + "git add, commit, and give the secrets that the workflow names")
