"""Loading the user's own files."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainspring.core.errors import InputError, MainspringError, NotFoundError
from mainspring.data.steps import ingest
from mainspring.pipelines.loading import load_module, load_pipeline, pipelines_in, reference_to, resolve
from mainspring.pipelines.ports import FunctionRef

ONE = "from mainspring import pipeline, step\n@step\ndef s() -> int:\n    return 1\n@pipeline\ndef p():\n    s()\n"


@pytest.fixture(autouse=True)
def tidy() -> Iterator[None]:
    """Forget what was imported."""
    modules, path = set(sys.modules), list(sys.path)
    yield
    for name in set(sys.modules) - modules:
        if "ms_" in name:
            del sys.modules[name]
    sys.path[:] = path


def write(folder: Path, text: str, name: str = "ms_pipe.py") -> Path:
    """A file."""
    (folder / name).write_text(text)
    return folder / name


def test_the_only_pipeline_of_a_file(tmp_path: Path) -> None:
    found = load_pipeline(write(tmp_path, ONE))
    assert (found.name, list(found.build().nodes)) == ("p", ["s"])
    assert load_pipeline(tmp_path / "ms_pipe.py") is found, "a file is loaded once"


def test_one_of_several(tmp_path: Path) -> None:
    file = write(tmp_path, ONE + "@pipeline(name='second one')\ndef q():\n    s()\n")
    assert load_pipeline(file, "p").name == "p"
    assert load_pipeline(file, "second one") is load_pipeline(file, "q")
    assert [one.name for one in pipelines_in(load_module(file))] == ["p", "second one"]
    with pytest.raises(InputError, match=r"the pipelines in ms_pipe\.py are: p, second one") as caught:
        load_pipeline(file)
    assert caught.value.fix == "name one: mainspring run --pipeline NAME"
    with pytest.raises(InputError) as named:
        load_pipeline(file, "r")
    assert named.value.expected == "one named 'r'"


def test_a_file_without_pipelines(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="are: none") as caught:
        load_pipeline(write(tmp_path, "x = 1\n"))
    assert caught.value.fix == "mark a function with @pipeline"


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"there is no file .*ms_gone\.py") as caught:
        load_pipeline(tmp_path / "ms_gone.py")
    assert "mainspring init" in str(caught.value.fix)


def test_neighbours_can_be_imported(tmp_path: Path) -> None:
    write(tmp_path, "N = 5\n", "ms_neighbour.py")
    module = load_module(write(tmp_path, "import ms_neighbour\nN = ms_neighbour.N\n"))
    assert module.N == 5
    (tmp_path / "deep").mkdir()
    deep = write(tmp_path / "deep", "import ms_neighbour\n", "ms_deep.py")
    assert load_module(deep, tmp_path).ms_neighbour.N == 5


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("x = 1\ny = x / 0\n", "ZeroDivisionError: division by zero", 2),
        ("def f(:\n", "SyntaxError", 1),
        ("x = 1\nimport ms_no_such_module\n", "ModuleNotFoundError", 2),
        ("\n\nraise KeyError('k')\n", "KeyError: 'k'", 3),
        ("def f():\n    return 1 / 0\n\nf()\n", "ZeroDivisionError", 2),
    ],
)
def test_a_file_that_cannot_be_imported(tmp_path: Path, text: str, words: str, line: int) -> None:
    file = write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        load_module(file)
    assert words in caught.value.found
    assert caught.value.where == f"{file}, line {line}"
    assert "ms_pipe" not in sys.modules, "it can be tried again"
    file.write_text(ONE)
    assert load_pipeline(file).name == "p"


def test_an_edit_of_the_same_size_and_second_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    for number in range(3):
        file = write(tmp_path, f"number = {number}\n")
        os.utime(file, (1_000_000_000, 1_000_000_000))
        found = load_module(file)
        assert found.number == number
        del sys.modules["ms_pipe"]


def test_two_files_of_one_name(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        write(tmp_path / str(number), f"N = {number}\n")
    assert load_module(tmp_path / "1/ms_pipe.py").N == 1
    assert load_module(tmp_path / "2/ms_pipe.py").N == 2
    assert load_module(tmp_path / "1/ms_pipe.py").N == 1


def test_references_are_resolved_in_this_and_in_other_processes(tmp_path: Path) -> None:
    file = write(tmp_path, ONE)
    module = load_module(file)
    reference = reference_to(module.s.function, tmp_path)
    assert reference == FunctionRef("ms_pipe", "s", str(file), str(tmp_path))
    assert resolve(reference) is module.s
    del sys.modules["ms_pipe"]
    again = resolve(reference)
    assert again is not module.s
    assert again() == 1
    installed = reference_to(ingest.function, tmp_path)
    assert (installed.file, installed.module, installed.name) == (None, "mainspring.data.steps", "ingest")
    assert resolve(installed) is ingest


@pytest.mark.parametrize(
    "reference",
    [
        FunctionRef("ms_pipe", "make.<locals>.s", "/x/ms_pipe.py", "/x"),
        FunctionRef("__main__", "s", None, "/x"),
    ],
    ids=["inner", "notebook"],
)
def test_functions_that_another_process_cannot_find(reference: FunctionRef) -> None:
    with pytest.raises(MainspringError, match="cannot be found from another process"):
        resolve(reference)
