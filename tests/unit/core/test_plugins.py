"""The plugin door, with a real plugin that is really installed in a folder of its own."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pluggy
import pytest

from mainspring.core import hookspecs
from mainspring.core.plugins import hookimpl, load_string

needs_builtins = pytest.mark.skipif(
    find_spec("mainspring.app.builtins") is None, reason="the built-ins are not there yet"
)

PLUGIN = """
from mainspring.core.plugins import hookimpl

@hookimpl
def mainspring_trainers():
    return {"my-learner": "json:JSONDecoder", "shared": "json.decoder:JSONDecoder.decode"}
"""

ASK = """
import json, sys
from mainspring.core import plugins
from mainspring.core.errors import NotFoundError
answer = {"offers": plugins.offers("trainers"), "loaded": plugins.load("trainers", "my-learner").__name__}
answer["method"] = plugins.load("trainers", "shared").__qualname__
try:
    plugins.load("trainers", "unheard-of")
except NotFoundError as error:
    answer["error"] = error.as_dict()
builtin = plugins.offers("stores")
answer["replaced"] = sorted(builtin)
print(json.dumps(answer))
"""


def install(folder: Path, name: str, source: str) -> None:
    """Lay out a distribution as pip would."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(source)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[mainspring]\n{name} = {name}\n")


def ask(folder: Path, program: str) -> dict[str, object]:
    """Run a program with the plugins of the folder installed."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


@needs_builtins
def test_an_installed_plugin_is_found_and_loaded_by_name(tmp_path: Path) -> None:
    install(tmp_path / "site", "my_plugin", PLUGIN)
    answer = ask(tmp_path / "site", ASK)
    offers = answer["offers"]
    assert isinstance(offers, dict)
    assert offers["my-learner"] == "json:JSONDecoder"
    assert answer["loaded"] == "JSONDecoder"
    assert answer["method"] == "JSONDecoder.decode"


@needs_builtins
def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    install(tmp_path / "site", "my_plugin", PLUGIN)
    error = ask(tmp_path / "site", ASK)["error"]
    assert isinstance(error, dict)
    assert error["found"] == "no plugin offers 'unheard-of' for trainers"
    assert "my-learner" in error["expected"]


@needs_builtins
@pytest.mark.parametrize("name", ["aardvark", "zebra"])
def test_a_plugin_may_replace_a_builtin_whatever_its_name(tmp_path: Path, name: str) -> None:
    install(
        tmp_path / "site",
        name,
        """
from mainspring.core.plugins import hookimpl

@hookimpl
def mainspring_stores():
    return {"sqlite": "json:loads"}
""",
    )
    program = "import json; from mainspring.core import plugins; print(json.dumps(plugins.offers('stores')))"
    assert ask(tmp_path / "site", program)["sqlite"] == "json:loads"


def test_an_import_string_may_go_deep() -> None:
    assert load_string("json.decoder:JSONDecoder.decode") is json.decoder.JSONDecoder.decode


def test_a_wrong_import_string_says_so() -> None:
    with pytest.raises(ModuleNotFoundError):
        load_string("no_such_package:name")
    with pytest.raises(AttributeError):
        load_string("json:no_such_name")


def test_a_hook_that_does_not_exist_is_refused() -> None:
    class Wrong:
        @staticmethod
        @hookimpl
        def mainspring_trainer() -> dict[str, str]:
            return {}

    found = pluggy.PluginManager("mainspring")
    found.add_hookspecs(hookspecs)
    found.register(Wrong)
    with pytest.raises(pluggy.PluginValidationError, match="mainspring_trainer"):
        found.check_pending()


def test_every_hook_says_what_it_is_for() -> None:
    hooks = [name for name in vars(hookspecs) if name.startswith("mainspring_")]
    assert hooks
    assert all(getattr(hookspecs, name).__doc__ for name in hooks)
