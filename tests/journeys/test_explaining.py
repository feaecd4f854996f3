"""A model and its explainer, registered together and served side by side: why a logged request was answered so."""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from mainspring.data import Table
from mainspring.evaluation.explanation.answers import Answer
from mainspring.serving.client import Client

if TYPE_CHECKING:
    from conftest import Project

EXPLAINER = """            explainer = steps.fit_explainer(examples, model, label=LABEL, constraints={constraints})
            version = steps.register(package, evaluation, explainer, name="""
METHODS = ("shap", "anchors", "counterfactuals")


@contextmanager
def running(project: Project, *arguments: str) -> Iterator[str]:
    """A command that serves; gives its URL."""
    process = project.start(*arguments)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("listening on "):
                yield line.split()[-1]
                break
        else:
            pytest.fail(f"{arguments} did not start: {process.communicate()[1]}")
    finally:
        process.terminate()
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def with_explainer(project: Project, constraints: dict[str, Any]) -> None:
    """Let the pipeline fit an explainer, and register it with the model."""
    start = "            version = steps.register(package, evaluation, name="
    project.edit("pipeline.py", start, EXPLAINER.format(constraints=constraints))
    assert project.json("run")["state"] == "COMPLETE"


def cpu(url: str) -> float:
    """Processor seconds of a server so far."""
    lines = httpx.get(f"{url}/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith("process_cpu_seconds_total")).split()[-1])


def timed(service: str, name: str, rows: list[dict[str, Any]], methods: Sequence[str]) -> None:
    """Print what explaining one row takes, over several rows."""
    for method in methods:
        walls = []
        with Client(service, timeout=60) as client:
            for row in rows:
                began = time.perf_counter()
                client.explain(name, [row], method=method)
                walls.append(time.perf_counter() - began)
        middle, longest = statistics.median(walls), max(walls)
        print(f"{name} {method}: median {middle:.3f} s, longest {longest:.3f} s, {len(walls)} rows")


def explained_here_and_there(
    project: Project,
    name: str,
    rows: list[dict[str, Any]],
    rejected: str,
    methods: Sequence[str] = METHODS,
    timed_rows: int = 1,
) -> dict[str, Answer]:
    """Serve, have a row rejected, and explain the logged request here, over the wire and through the server."""
    with running(project, "serve", name, "--port", "0") as model:
        with Client(model) as client:
            answers = client.predict(name, rows)
            row = rows[answers.index(rejected)]
        with Client(model, headers={"x-request-id": "the-rejection"}) as client:
            assert client.predict(name, [row]) == [rejected]
        missing = httpx.post(f"{model}/v1/models/{name}:explain", json={"instances": [row]})
        assert missing.status_code == 501
        time.sleep(0.5)  # the log is written
        with running(project, "explain-serve", name, "--model-url", model, "--port", "0") as service:
            found = {}
            timed(service, name, [one for one in rows if one != row][:timed_rows], methods)
            request = ("explain", name, "--request", "the-rejection")
            for method in methods:
                before = cpu(service), cpu(model)
                began = time.perf_counter()
                with Client(service, timeout=60) as client:
                    [plain] = client.explain(name, [row], method=method)
                wall = time.perf_counter() - began
                spent = plain["data"]["spent"]
                used = (
                    f"cpu {cpu(service) - before[0]:.3f} s explaining, {cpu(model) - before[1]:.3f} s predicting"
                )
                print(f"{name} {method}: {wall:.3f} s; {used}; {spent['calls']} calls, {spent['rows']} rows")
                found[method] = Answer.from_dict(plain)
                here = project.json(*request, "--method", method)["explanations"]
                there = project.json(*request, "--method", method, "--url", service)["explanations"]
                assert [Answer.from_dict(one) for one in here] == [found[method]]
                assert [Answer.from_dict(one) for one in there] == [found[method]]
                assert plain["text"] == here[0]["text"]
            with running(project, "serve", name, "--port", "0", "--explainer-url", service) as forwarding:
                with Client(forwarding) as client:
                    [plain] = client.explain(name, [row], method=methods[-1])
                assert Answer.from_dict(plain) == found[methods[-1]]
            said = project.run(*request, "--method", "counterfactuals")
            assert said.startswith(f"{rejected}, and ")
    return found


@pytest.mark.slow
def test_a_logged_request_is_explained_alike_here_and_over_the_wire(cancer: Project) -> None:
    with_explainer(cancer, {"immutable": ["mean_radius"]})
    table = Table.read_csv(cancer.root.parent / "cancer.csv").drop(["target"])
    found = explained_here_and_there(
        cancer, "cancer", list(table.rows(0, 40).iter_rows()), "malignant", ["shap", "counterfactuals"]
    )
    assert found["shap"].found.method == "tree_shap"  # type: ignore[attr-defined]
    for one in found["counterfactuals"].found.found:  # type: ignore[attr-defined]
        assert one.answer == "benign"
        assert "mean_radius" not in {change.feature for change in one.changes}
    said = cancer.run("lineage", "cancer@production")
    assert "fit_explainer" in said
    assert "no request 'nothing'" in cancer.run("explain", "cancer", "--request", "nothing", code=1)
    assert "one of the three" in cancer.run("explain", "cancer", code=1)


@pytest.mark.slow
def test_the_income_classifier_explains_a_rejection(folder: Project, shared: Callable[..., Path]) -> None:
    test = Table.read_csv(shared("adult", "adult.test.gz"), missing=["?"], trim=True)
    people = Table.read_csv(
        shared("adult", "adult.data.gz"), header=False, names=test.names, missing=["?"], trim=True
    )
    people.sql("SELECT * FROM this").write_parquet(folder.root / "census.parquet")
    folder.run("init", "census", "--data", "census.parquet", "--label", "class")
    project = folder.inside("census")
    with_explainer(project, {"immutable": ["sex", "race", "native-country"], "rising": ["age", "education-num"]})
    rows = [
        {name: value for name, value in row.items() if name != "class"} for row in test.rows(0, 20).iter_rows()
    ]
    found = explained_here_and_there(project, "census", rows, "<=50K", timed_rows=12)
    anchor, changes = found["anchors"].found, found["counterfactuals"].found
    assert anchor.reached  # type: ignore[attr-defined]
    assert anchor.at_least >= 0.95  # type: ignore[attr-defined]
    assert changes.found  # type: ignore[attr-defined]
    for one in changes.found:  # type: ignore[attr-defined]
        assert one.answer == ">50K"
        assert not {change.feature for change in one.changes} & {"sex", "race", "native-country"}
        moved = {change.feature: (change.before, change.after) for change in one.changes}
        assert all(moved[name][1] > moved[name][0] for name in ("age", "education-num") if name in moved)
    print(json.dumps({name: str(one) for name, one in found.items()}, indent=1, ensure_ascii=False))
