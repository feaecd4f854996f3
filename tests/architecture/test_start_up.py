"""Starting is cheap, because nothing heavy is imported before it is needed.

Modules are counted, not seconds: a count is the same on a busy machine.
"""

import json
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src/mainspring"
ROOMS = sorted(path.parent.name for path in SOURCE.glob("*/__init__.py"))

HEAVY = {
    "duckdb",
    "jinja2",
    "lightgbm",
    "onnx",
    "onnxruntime",
    "pandas",
    "scipy",
    "sklearn",
    "skops",
    "starlette",
    "uvicorn",
}

REPORT = """
import json, sys
before = set(sys.modules)
{program}
print("MODULES" + json.dumps(sorted(set(sys.modules) - before)))
"""

HELP = """
from mainspring.app.cli.main import cli
try:
    cli(["--help"])
except SystemExit:
    pass
"""


@cache
def modules(program: str) -> frozenset[str]:
    """What a program imports in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-c", REPORT.format(program=program)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return frozenset(json.loads(done.stdout.rpartition("MODULES")[2]))


def roots(program: str) -> set[str]:
    """The top-level packages among them."""
    return {name.partition(".")[0] for name in modules(program)}


def test_the_package_itself_costs_next_to_nothing() -> None:
    found = modules("import mainspring")
    assert not roots("import mainspring") & (HEAVY | {"numpy", "click", "yaml", "msgspec"})
    assert len(found) <= 40, sorted(found)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_opens_without_the_heavy_libraries(room: str) -> None:
    assert not roots(f"import mainspring.{room}") & HEAVY


@pytest.mark.parametrize("room", ["core", "store", "pipelines", "app"])
def test_the_rooms_that_only_steer_need_no_numbers(room: str) -> None:
    assert "numpy" not in roots(f"import mainspring.{room}")


@pytest.mark.skipif(find_spec("mainspring.app.cli") is None, reason="the command line is not there yet")
def test_help_is_answered_without_the_heavy_libraries() -> None:
    assert not roots(HELP) & (HEAVY | {"numpy"})
    assert len(modules(HELP)) <= 250, sorted(modules(HELP))


@pytest.mark.skipif(find_spec("mainspring.serving.endpoint") is None, reason="the endpoint is not there yet")
def test_the_endpoint_starts_without_what_makes_models() -> None:
    """The data plane installs and starts without training libraries, web console and metadata clients."""
    found = roots("import mainspring.serving.endpoint")
    assert not found & {
        "duckdb",
        "lightgbm",
        "onnx",
        "sklearn",
        "scipy",
        "skops",
        "jinja2",
        "click",
        "sqlite3",
        "psycopg",
    }


def test_the_console_starts_without_what_computes() -> None:
    """A page is there within a second: what reads tables and makes models comes with the page that needs it."""
    found = roots("import mainspring.app.web.starting")
    assert not found & {"duckdb", "lightgbm", "onnx", "onnxruntime", "pandas", "scipy", "sklearn", "skops"}
    assert len([name for name in modules("import mainspring.app.web.starting") if "mainspring." in name]) <= 900
