"""Commands for machines, for people who err, and how little it takes to start them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

Project = Any


ANSWERS = {
    "runs": "runs",
    "show": "run",
    "logs": "logs",
    "diff": "steps",
    "why-not-cached": "steps",
    "models": "models",
    "doctor": "checks",
    "gc --dry-run": "",
    "report": "",
    "lineage": "",
    "run --dry-run": "steps",
    "scheduler --once": "started",
    "resume one": "error",
    "cancel one": "error",
    "approve one --by a --reason b": "error",
    "show nothing": "error",
    "rollback nothing --reason b": "error",
    "predict nothing --row {}": "error",
    "run --only nothing": "error",
    "run -p nothing": "error",
    "run --unknown-option": "error",
    "runs --limit x": "error",
    "nonsense": "error",
}
"""A command, and what its answer must have; with ``error`` it must fail."""


@pytest.mark.slow
def test_every_command_answers_machines_with_one_object(
    project: Project, watch: Any, command: Callable[..., tuple[int, str, str]]
) -> None:
    for name, plus in (("one", 0), ("two", 1)):
        code, out, err = command(project.root, "run", "--name", name, "-p", f"plus={plus}", "--json")
        assert (code, watch.last_object(out)["run"]) == (0, name), err
    for asked, key in ANSWERS.items():
        code, out, err = command(project.root, *asked.split(), "--json")
        assert (code != 0) == (key == "error"), (asked, out, err)
        assert "Traceback" not in err, (asked, err)
        answer = watch.last_object(out)
        assert not key or key in answer, (asked, answer)
        if key == "error":
            assert {"code", "found", "expected", "where", "fix"} == set(answer["error"]), (asked, answer)


MISTAKES: list[tuple[dict[str, str], str, list[str]]] = [
    ({"pipeline.py": "def broken(:\n"}, "run", ["SyntaxError", "pipeline.py, line 1"]),
    ({"pipeline.py": "1 / 0\n"}, "run", ["ZeroDivisionError", "pipeline.py, line 1"]),
    ({"pipeline.py": "x = 1\n"}, "run", ["the pipelines in pipeline.py are: none", "@pipeline"]),
    ({"load(data)": "load()"}, "run", ["step 'load' was called without data", "pipeline.py, line"]),
    ({"load(data)": "load(1 / 0)"}, "run", ["ZeroDivisionError", "pipeline.py, line"]),
    ({"mainspring.toml": "[projct]\n"}, "run", ["there is no section [projct]", "did you mean 'project'?"]),
    ({"mainspring.toml": "[run]\nworkers = 'x'\n"}, "run", ["[run] workers = 'x': expected int"]),
    ({"mainspring.toml": "nonsense"}, "run", ["it is not TOML"]),
    ({"mainspring.toml": "[[schedule]]\nevery = '1h'\ncron = '@daily'\n"}, "run", ["give one of cron, every"]),
    ({"mainspring.toml": "[[schedule]]\ncron = '61 * * * *'\n"}, "scheduler --once", ["'61' is no minute"]),
    ({"mainspring.toml": "[store]\nrecord = 'oracle://x'\n"}, "runs", ["can open 'oracle://x'", "sqlite"]),
    ({}, "run -p plus=many", ["plus=many: expected a whole number"]),
    ({}, "run -p data=gone.txt", ["there is no file 'gone.txt'"]),
    ({}, "run --file gone.py", ["there is no file", "gone.py"]),
    ({}, "run --pipeline other", ["one named 'other'"]),
    ({}, "run --from lod", ["has no step 'lod'", "one of load, total, double"]),
    ({}, "show latest~x", ["names no run"]),
    ({}, "rn", ["No such command 'rn'", "Did you mean 'run'?"]),
    ({}, "logs latest lod", ["there is no run 'latest'", "mainspring run"]),
    ({}, "run --name ../x", ["a run cannot be called '../x'"]),
    ({}, "run --name latest", ["a run cannot be called 'latest'"]),
    ({"load(data)": "load.named('a/b')(data)"}, "run", ["a step cannot be called 'a/b'", "pipeline.py, line"]),
    ({"in.txt": "1 two"}, "run", ["invalid literal for int", "mainspring logs"]),
]


@pytest.mark.parametrize(
    ("change", "arguments", "words"), MISTAKES, ids=lambda one: one if isinstance(one, str) else ""
)
def test_a_users_mistake_is_told_without_a_traceback(
    project: Project, command: Any, change: dict[str, str], arguments: str, words: list[str]
) -> None:
    for name, text in change.items():
        if (project.root / name).exists():
            project.write(name, text)
        else:
            project.edit("pipeline.py", name, text)
    code, out, err = command(project.root, *arguments.split())
    assert code in (1, 2), out + err
    assert "Traceback" not in out + err
    for word in words:
        assert word in out + err


def test_what_the_system_refuses_is_no_traceback_either(project: Project, command: Any) -> None:
    command(project.root, "run")
    code, out, err = command(project.root, "show", "--svg", "/proc/nothing.svg")
    assert code == 1
    assert "/proc/nothing.svg" in err
    assert "Traceback" not in out + err


STARTED = """
import sys
before = set(sys.modules)
from mainspring.app.cli.main import main
code = main({arguments!r})
print(len(set(sys.modules) - before), *sorted(set(sys.modules) - before), file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("arguments", "most"),
    [
        ("--help", 200),
        ("run --help", 330),
        ("runs", 390),
        ("run", 430),
        ("lineage --help", 330),
        ("init --help", 330),
    ],
)
def test_starting_imports_little(project: Project, watch: Any, arguments: str, most: int) -> None:
    """Modules are counted, not seconds: a count is the same on a busy machine."""
    done = subprocess.run(
        [sys.executable, "-c", STARTED.format(arguments=arguments.split())],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=True,
    )
    count, *names = done.stderr.strip().splitlines()[-1].split()
    assert int(count) <= most, names
    assert not {"numpy", "duckdb", "sklearn", "onnx", "starlette", "jinja2"} & set(names)


def test_help_of_every_command(project: Project, watch: Any) -> None:
    program = (
        "import json, click\n"
        "from mainspring.app.cli.main import cli\n"
        "def walk(group, names=''):\n"
        "    context = click.Context(group)\n"
        "    for name in group.list_commands(context):\n"
        "        command = group.get_command(context, name)\n"
        "        if isinstance(command, click.Group):\n"
        "            assert command.get_help(click.Context(command, info_name=name)), name\n"
        "            yield from walk(command, names + name + ' ')\n"
        "        else:\n"
        "            yield names + name, command\n"
        "found = dict(walk(cli))\n"
        "for n, c in found.items():\n"
        "    assert c.get_help(click.Context(c, info_name=n)), n\n"
        "print(json.dumps({n: any('--json' in p.opts for p in c.params) for n, c in found.items()}))"
    )
    has_json = json.loads(project.python(program))
    assert {name for name, has in has_json.items() if not has} <= {
        "data schema wizard",
        "demo",
        "deploy schema",  # what it prints is JSON
        "explain-serve",
        "serve",
        "monitor dashboard",
        "slo dashboard",  # likewise
    }
    text = project.run("--help")
    for name in {name.split()[0] for name in has_json}:
        assert f"  {name}  " in text
