"""A project's workflow for GitHub and GitLab: tested on every change, promoted by merging a pull request.

Three jobs. *test* works on a record of its own that is thrown away: lint, the data against its schema, the
project's tests, a whole run with its gates and the trial of the package in a real server, and the team's
checklist. *deployments* holds the deployment files to the shared registry, and shows what would change. *promote*,
on the main branch alone, runs the pipeline on the shared record: what passes is registered, the alias moves, and
servers that follow it serve it.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import yaml

from mainspring.core.errors import ConflictError

Host: TypeAlias = Literal["github", "gitlab"]

PLACES: Final[Mapping[Host, str]] = {"github": ".github/workflows/mainspring.yml", "gitlab": ".gitlab-ci.yml"}
"""Where each host looks for its workflow."""

FOLDER = "deployments"
AUDIT = "audit.yaml"
"""The checklist of a project: see ``mainspring eval audit``."""

_STORES = ("MAINSPRING_STORE_RECORD", "MAINSPRING_STORE_ARTIFACTS")
_PYTHON = "3.12"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """What a workflow has to know of a project.

    Attributes:
        name: The model.
        data: The file that is held against the schema; empty to leave that out.
        schema: What the data should look like.
        tests: Whether there are tests of the project's own.
        requirements: Whether there is a ``requirements.txt``.
        audit: Whether there is a checklist that models are held against, ``audit.yaml``.
        label: The column of the truth in ``data``, which the checklist needs; empty to leave it out.
    """

    name: str
    data: str = ""
    schema: str = "schema.yaml"
    tests: bool = False
    requirements: bool = False
    audit: bool = False
    label: str = ""

    @property
    def install(self) -> list[str]:
        """What is installed first."""
        more = " -r requirements.txt" if self.requirements else ""
        return [f"python -m pip install mainspring ruff pytest{more}"]

    @property
    def test(self) -> list[str]:
        """Lint, data, tests, a whole run with its gates and infra validation, and the checklist of the team."""
        data, label = shlex.quote(self.data), shlex.quote(self.label)
        validate = f"mainspring data validate {data} --schema {self.schema}"
        audit = f"mainspring eval audit check {AUDIT} {data} --label {label} --model {self.name}:latest"
        return [
            "python -m ruff check --select E9,F .",
            *([validate] if self.data else []),
            *(["python -m pytest -q"] if self.tests else []),
            "mainspring run --require-ok",
            *([audit] if self.audit and self.data and self.label else []),
        ]

    @property
    def deployments(self) -> list[str]:
        """Hold the deployment files to the registry, and say what would change: then the status is 2."""
        return [
            f"mainspring deploy check -f {FOLDER}",
            f"mainspring deploy diff -f {FOLDER} --prune > difference.txt || test $? -eq 2",
            "cat difference.txt",
        ]

    @property
    def promote(self) -> list[str]:
        """Register what passes every gate, and move its alias."""
        return ["mainspring run --require-ok"]


def workflow_of(root: Path, name: str, *, data: str = "", label: str = "") -> Workflow:
    """What a workflow has to know of the project in a folder."""
    return Workflow(
        name=name,
        data=data,
        tests=(root / "tests").is_dir(),
        requirements=(root / "requirements.txt").is_file(),
        audit=(root / AUDIT).is_file(),
        label=label,
    )


def write_workflow(root: Path, host: Host, workflow: Workflow, *, force: bool = False) -> list[Path]:
    """Write the workflow, and a deployment file to begin with where there is none.

    Args:
        root: The project's folder.
        host: Whose workflow.
        workflow: What it has to know.
        force: Overwrite a workflow that is there.

    Raises:
        ConflictError: If there is one already and ``force`` is not given.
    """
    place = root / PLACES[host]
    if place.exists() and not force:
        raise ConflictError(f"there is a {PLACES[host]} already", fix="overwrite it: --force")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text_of(host, workflow), encoding="utf-8")
    written = [place]
    folder = root / FOLDER
    if not folder.is_dir():
        folder.mkdir()
        file = folder / f"{workflow.name}.yaml"
        file.write_text(_DEPLOYMENT.format(name=workflow.name), encoding="utf-8")
        written.append(file)
    return written


def text_of(host: Host, workflow: Workflow) -> str:
    """The workflow as YAML."""
    made = _github(workflow) if host == "github" else _gitlab(workflow)
    return _HEAD + yaml.safe_dump(made, sort_keys=False, allow_unicode=True, width=110)


def _github(workflow: Workflow) -> dict[str, Any]:
    stores = {name: f"${{{{ secrets.{name} }}}}" for name in _STORES}
    comment = "gh pr comment ${{ github.event.number }} --edit-last --create-if-none --body-file difference.txt"
    post = [
        _step("Show what would change", ['cat difference.txt >> "$GITHUB_STEP_SUMMARY"']),
        {
            "name": "Tell the pull request",
            "if": "github.event_name == 'pull_request'",
            "env": {"GH_TOKEN": "${{ github.token }}"},
            "run": comment,
        },
    ]
    return {
        "name": "mainspring",
        "on": {"pull_request": None, "push": {"branches": ["main"]}},
        "permissions": {"contents": "read", "pull-requests": "write"},
        "jobs": {
            "test": _job(workflow, [_step("Test data, code and model", workflow.test)]),
            "deployments": {
                "needs": "test",
                **_job(workflow, [_step("Check the deployment files", workflow.deployments), *post], stores),
            },
            "promote": {
                "needs": "deployments",
                "if": "github.event_name == 'push'",
                "concurrency": "promote",
                **_job(workflow, [_step("Promote", workflow.promote)], stores),
            },
        },
    }


def _job(
    workflow: Workflow, steps: Sequence[Mapping[str, Any]], env: Mapping[str, str] | None = None
) -> dict[str, Any]:
    before = [
        {"uses": "actions/checkout@v4"},
        {"uses": "actions/setup-python@v5", "with": {"python-version": _PYTHON, "cache": "pip"}},
        _step("Install", workflow.install),
    ]
    if not workflow.requirements:
        before[1] = {"uses": "actions/setup-python@v5", "with": {"python-version": _PYTHON}}
    return {"runs-on": "ubuntu-latest", **({"env": dict(env)} if env else {}), "steps": [*before, *steps]}


def _step(name: str, lines: Sequence[str]) -> dict[str, Any]:
    return {"name": name, "run": "\n".join(lines) + ("\n" if len(lines) > 1 else "")}


def _gitlab(workflow: Workflow) -> dict[str, Any]:
    return {
        "image": f"python:{_PYTHON}",
        "stages": ["test", "deployments", "promote"],
        "default": {"before_script": workflow.install},
        "test": {
            "stage": "test",
            # The record of its own is thrown away; that of the others is in the variables of the project.
            "variables": {
                "MAINSPRING_STORE_RECORD": "sqlite:///.mainspring/record.db",
                "MAINSPRING_STORE_ARTIFACTS": ".mainspring/artifacts",
            },
            "script": workflow.test,
        },
        "deployments": {
            "stage": "deployments",
            "script": workflow.deployments,
            "artifacts": {"paths": ["difference.txt"]},
        },
        "promote": {
            "stage": "promote",
            "rules": [{"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"}],
            "resource_group": "promote",
            "script": workflow.promote,
        },
    }


_HEAD = """\
# Written by `mainspring deploy template`; yours to change.
#
# The jobs "deployments" and "promote" work on the shared record: give the address of its database and of its
# artifacts as the secrets MAINSPRING_STORE_RECORD and MAINSPRING_STORE_ARTIFACTS. A server that is started with
#   mainspring serve --deployments git+<this repository>#main:deployments
# serves what is merged, and what its aliases stand for.
"""

_DEPLOYMENT = """\
# What is served: see the page on deployment files. `mainspring deploy check -f deployments` says what is wrong.
deployment: {name}
models:
  {name}:
    model: {name}@production
"""
