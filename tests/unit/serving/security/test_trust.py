"""No code that comes with a model runs without trust: not at the start, and not by an order."""

import asyncio
import json
import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mainspring.core.errors import InputError
from mainspring.models.foreign.trust import TRUST_VARIABLE, UntrustedError
from mainspring.serving.configuration import ServerOptions
from mainspring.serving.control import LocalControl, unpack
from mainspring.serving.opening import open_model
from mainspring.serving.repository import Given, ModelOptions, PackageAt, Repository
from mainspring.serving.server import serve


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.marker),)


@pytest.fixture(autouse=True)
def nobody_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TRUST_VARIABLE, raising=False)


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "the-code-ran"


@pytest.fixture
def trap(marker: Path) -> bytes:
    return pickle.dumps(Trap(marker))


def load(
    files: Mapping[str, bytes] | None, options: ModelOptions | None = None, config: str | None = None
) -> None:
    """An order to load a model, with its files."""
    given = [Given([PackageAt(Path(options.package), "taxi")])] if options and options.package else []
    repository = Repository(open_model, given, options={"taxi": options} if options else {})
    try:
        asyncio.run(LocalControl(repository).load("taxi", files=files, config=config))
    finally:
        repository.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["model.pkl", "1/model.pkl", "1/model.joblib", pytest.param("1/model.pt2", marks=pytest.mark.slow)]
)
def test_an_order_cannot_bring_code(name: str, trap: bytes, marker: Path) -> None:
    if name.endswith(".pt2"):
        pytest.importorskip("torch")
    with pytest.raises(UntrustedError):
        load({name: trap})
    assert not marker.exists()


def test_an_order_cannot_say_that_it_is_trusted(trap: bytes, marker: Path) -> None:
    for config in ('{"trust": true}', '{"package": "elsewhere/x"}', '{"component": {"entry": "os:system"}}'):
        with pytest.raises(InputError, match="the config says"):
            load({"1/model.pkl": trap}, config=config)
    assert not marker.exists()


@pytest.mark.slow
def test_trust_in_the_model_of_the_start_is_not_trust_in_files_of_an_order(
    trap: bytes, marker: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.pkl"
    own.write_bytes(b"")
    with pytest.raises(UntrustedError):
        load({"1/model.pkl": trap}, ModelOptions(package=str(own), trust=True))
    assert not marker.exists()


@pytest.mark.slow
def test_a_server_does_not_start_with_code_that_nobody_trusts(trap: bytes, marker: Path, tmp_path: Path) -> None:
    file = tmp_path / "model.pkl"
    file.write_bytes(trap)
    options = ServerOptions(models={"taxi": ModelOptions(package=str(file))}, port=0)
    with pytest.raises(UntrustedError, match="mkdir"):
        serve(options=options)
    assert not marker.exists()


@pytest.mark.slow
def test_what_says_so_is_the_environment_or_whoever_starts_the_server(
    trap: bytes, marker: Path, tmp_path: Path
) -> None:
    """The trap is a trap: with trust it snaps."""
    file = tmp_path / "model.pkl"
    file.write_bytes(trap)
    with pytest.raises(InputError, match="holds a NoneType"):
        open_model(PackageAt(file, "taxi"), ModelOptions(trust=True))
    assert marker.exists()


@pytest.mark.parametrize(
    "path",
    [
        "../outside",
        "1/../../outside",
        "/etc/outside",
        "1/./../../outside",
        "..",
        ".",
        "",
        "/",
        "1\\..\\..\\outside",
        "1/\0outside",
        "1/..",
    ],
)
def test_names_of_files_cannot_lead_out_of_their_folder(path: str, tmp_path: Path) -> None:
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    with pytest.raises(InputError, match="no paths of files"):
        unpack("taxi", {path: b"x", "1/model.onnx": b"x"}, folder)
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "in", folder]


@pytest.mark.parametrize("name", ["../taxi", "..", "/etc", "a/b", "a\0b"])
def test_names_of_models_cannot_either(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    [found] = unpack(name, {"1/model.onnx": b"x"}, folder)
    assert found.folder.resolve().is_relative_to(folder)


def brought(rule: Any, folder: Path, runtime: str, **more: bytes) -> dict[str, bytes]:
    """The files of a package that another runtime is to open, as an order brings them."""
    rule.write(folder)
    manifest = json.loads((folder / "package.json").read_text())
    files = {f"1/{path.name}": path.read_bytes() for path in folder.iterdir()}
    files["1/package.json"] = json.dumps({**manifest, "runtime": runtime}).encode()
    return files | {f"1/{name}": content for name, content in more.items()}


def test_a_package_with_code_is_not_opened_by_an_order(marker: Path, rule: Any, tmp_path: Path) -> None:
    from mainspring.models.foreign.python_code import CODE, PLAN, RUNTIME

    code = f"import os\nos.mkdir({str(marker)!r})\nclass Model:\n    def predict(self, rows): return rows\n"
    plan = {"entry": "own:Model", "takes": "rows", "logits": False}
    files = brought(
        rule,
        tmp_path / "package",
        RUNTIME,
        **{PLAN: json.dumps(plan).encode(), f"{CODE}/own.py": code.encode()},
    )
    with pytest.raises(UntrustedError, match=f"{TRUST_VARIABLE}="):
        load(files)
    assert not marker.exists()


@pytest.mark.slow
def test_a_package_with_a_pickle_is_not_opened_by_an_order(
    trap: bytes, marker: Path, rule: Any, tmp_path: Path
) -> None:
    from mainspring.models.adapters.foreign_sklearn import PICKLE, PLAN, RUNTIME

    files = brought(rule, tmp_path / "package", RUNTIME, **{PICKLE: trap, PLAN: b"{}"})
    with pytest.raises(UntrustedError, match=f"{TRUST_VARIABLE}="):
        load(files)
    assert not marker.exists()
