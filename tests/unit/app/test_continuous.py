"""The workflow that is written: its form, and that every line of it is a command that exists."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from mainspring.app.continuous import PLACES, Workflow, text_of, workflow_of, write_workflow
from mainspring.core.errors import ConflictError

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "mainspring-tests"
FULL = Workflow(name="flowers", data="flowers.csv", tests=True, requirements=True)


def test_the_workflow_of_github_has_its_form() -> None:
    made = yaml.load(text_of("github", FULL), Loader=yaml.BaseLoader)
    assert set(made) == {"name", "on", "permissions", "jobs"}
    assert set(made["on"]) == {"pull_request", "push"}
    assert made["on"]["push"] == {"branches": ["main"]}
    jobs = made["jobs"]
    assert list(jobs) == ["test", "deployments", "promote"]
    assert jobs["deployments"]["needs"] == "test"
    assert jobs["promote"]["needs"] == "deployments"
    assert jobs["promote"]["if"] == "github.event_name == 'push'"
    for job in jobs.values():
        assert job["runs-on"] == "ubuntu-latest"
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            assert set(step) <= {"name", "uses", "with", "run", "if", "env"}
    # A pull request tests on a record of its own: it gets no secret before its tests have passed.
    assert "env" not in jobs["test"]
    assert set(jobs["promote"]["env"]) == {"MAINSPRING_STORE_RECORD", "MAINSPRING_STORE_ARTIFACTS"}


def test_the_workflow_of_gitlab_has_its_form() -> None:
    made = yaml.safe_load(text_of("gitlab", FULL))
    jobs = {name: job for name, job in made.items() if name not in ("image", "stages", "default")}
    assert [job["stage"] for job in jobs.values()] == made["stages"] == list(jobs)
    assert all(isinstance(line, str) for job in jobs.values() for line in job["script"])
    assert jobs["promote"]["rules"] == [{"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"}]


def test_a_workflow_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    workflow = workflow_of(tmp_path, "flowers")
    assert workflow.tests
    assert not workflow.requirements
    written = write_workflow(tmp_path, "github", workflow)
    assert written == [tmp_path / PLACES["github"], tmp_path / "deployments/flowers.yaml"]
    with pytest.raises(ConflictError, match=r"there is a \.github/workflows/mainspring\.yml already"):
        write_workflow(tmp_path, "github", workflow)
    assert write_workflow(tmp_path, "github", workflow, force=True) == written[:1]


def test_a_checklist_of_the_team_is_held_against_the_model(tmp_path: Path) -> None:
    (tmp_path / "audit.yaml").write_text("")
    found = workflow_of(tmp_path, "flowers", data="my flowers.csv", label="kind").test
    assert (
        found[-1] == "mainspring eval audit check audit.yaml 'my flowers.csv' --label kind --model flowers:latest"
    )
    assert workflow_of(tmp_path, "flowers", data="flowers.csv").test[-1] == "mainspring run --require-ok"


@pytest.mark.slow
@pytest.mark.parametrize("workflow", [FULL, Workflow(name="plain"), replace(FULL, audit=True, label="kind")])
def test_published_schemas_accept_them(workflow: Workflow, tmp_path: Path) -> None:
    for host, options in {
        "github": ("vendor.github-workflows",),
        "gitlab": ("vendor.gitlab-ci", "--data-transform", "gitlab-ci"),
    }.items():
        file = tmp_path / f"{host}.yml"
        file.write_text(text_of("github" if host == "github" else "gitlab", workflow))
        command = [_checker(), "--builtin-schema", *options, str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        file.write_text(file.read_text().replace("script:", "scripts:").replace("runs-on:", "runs:"))
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 1, "the schema takes anything"


def _checker() -> str:
    """A command with the schemas of both hosts, in an environment of its own; made at first, and kept."""
    folder = CACHE / "workflows"
    command = folder / "bin" / "check-jsonschema"
    if not (folder / "ready").is_file():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "-q", "check-jsonschema==0.39.0"]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"the schemas cannot be installed here: {done.stderr[-200:]}")
        (folder / "ready").touch()
    return str(command)


def lines(made: dict[str, Any]) -> Iterator[str]:
    for name in ("test", "deployments", "promote"):
        for step in made["jobs"][name]["steps"]:
            if (
                "run" in step
                and step["name"] != "Install"
                and "GITHUB" not in step["run"]
                and "gh " not in step["run"]
            ):
                yield step["run"]


@pytest.mark.slow
def test_every_line_runs_in_a_project_as_it_is_written(tmp_path: Path) -> None:
    from mainspring.data.bundled import load, write_csv

    write_csv(load("breast_cancer"), tmp_path / "cancer.csv")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "COLUMNS": "200"}

    def run(script: str, folder: Path) -> None:
        # As GitHub runs it: every line must succeed.
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"

    run("mainspring init flowers --data cancer.csv --label target", tmp_path)
    project = tmp_path / "flowers"
    (project / "tests").mkdir()
    (project / "tests/test_pipeline.py").write_text(
        "import pipeline\n\n\ndef test_there_is_a_pipeline():\n    assert pipeline.flowers\n"
    )
    (project / "conftest.py").write_text("")
    run("mainspring run", project)  # writes schema.yaml, which is committed
    run("mainspring eval audit new audit.yaml", project)
    audit = project / "audit.yaml"
    audit.write_text(audit.read_text().replace("severity: high", "severity: low"))
    run("mainspring deploy template github --data ../cancer.csv --label target", project)
    for script in lines(yaml.load((project / PLACES["github"]).read_text(), Loader=yaml.BaseLoader)):
        run(script, project)
    assert "flowers" in (project / "difference.txt").read_text()
