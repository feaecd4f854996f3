"""A package as a folder that answers in a browser, or on a device with nothing but ONNX Runtime.

Nothing is loaded from elsewhere: the runtime is the one of the npm package ``onnxruntime-web`` (MIT), copied from
where it is installed. No row leaves the browser.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from mainspring.core.errors import InputError, NotFoundError
from mainspring.models.package import Package

RUNTIME = "onnxruntime-web"
"""The npm package that computes in a browser."""

RUNTIME_FILES = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
"""What a page needs of its folder ``dist``."""

MODEL, DESCRIPTION = "model.onnx", "model.json"
_EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes:
        folder: Where.
        files: Its files, relative to the folder.
        missing: What has to be added before it works; empty if it works.
    """

    folder: Path
    files: tuple[str, ...]
    missing: str = ""


def export_page(
    package: Package, folder: Path, *, name: str, version: str, runtime: Path | None = None
) -> Exported:
    """Write a page that answers with a model in the browser.

    Args:
        package: The model.
        folder: Where to; made if it is not there.
        name: The name of the model, for people.
        version: Its version.
        runtime: The folder ``node_modules/onnxruntime-web``, or its ``dist``. Without it the files of the runtime
            have to be copied into ``runtime/`` by hand: ``npm install && npm run runtime`` there does it.

    Raises:
        InputError: If the model is not one graph of ONNX.
        NotFoundError: If the runtime is not where it is said to be.
    """
    described = describe(package, name=name, version=version)
    copied = [] if runtime is None else _runtime_files(runtime)
    folder.mkdir(parents=True, exist_ok=True)
    written = [*_write_model(package, described, folder), *_write_texts("page", folder)]
    npm = {
        "name": f"mainspring-{name.lower()}",
        "private": True,
        "type": "module",
        "dependencies": {RUNTIME: "^1.20.0"},
        "scripts": {
            "runtime": "mkdir -p runtime && cp "
            + " ".join(f"node_modules/{RUNTIME}/dist/{one}" for one in RUNTIME_FILES)
            + " runtime/"
        },
    }
    (folder / "package.json").write_text(json.dumps(npm, indent=2) + "\n", encoding="utf-8")
    (folder / "runtime").mkdir(exist_ok=True)
    for source in copied:
        shutil.copyfile(source, folder / "runtime" / source.name)
    written += ["package.json", *(f"runtime/{source.name}" for source in copied)]
    return Exported(folder, tuple(written), "" if copied else f"npm install && npm run runtime, in {folder}")


def export_device(package: Package, folder: Path, *, name: str, version: str) -> Exported:
    """Write a model with a script that answers rows of JSON with nothing but ``onnxruntime`` and ``numpy``.

    Raises:
        InputError: If the model is not one graph of ONNX.
    """
    described = describe(package, name=name, version=version)
    folder.mkdir(parents=True, exist_ok=True)
    written = [*_write_model(package, described, folder), *_write_texts("device", folder)]
    needs = [one for one in package.requirements if one.partition("==")[0] == "onnxruntime"]
    (folder / "requirements.txt").write_text(
        "\n".join([*(needs or ["onnxruntime"]), "numpy"]) + "\n", encoding="utf-8"
    )
    return Exported(folder, (*written, "requirements.txt"))


def describe(package: Package, *, name: str, version: str) -> dict[str, Any]:
    """What a caller has to know of a model, as plain values.

    Raises:
        InputError: If it is not one graph of ONNX.
    """
    if package.runtime != "onnx" or MODEL not in package.files.names:
        raise InputError(
            f"the package answers with the runtime {package.runtime!r}",
            expected=f"one graph, {MODEL}",
            fix="package the model as ONNX: the package's parity report says why it is not",
        )
    signature = package.signature
    inputs = [
        {"name": one.name, "datatype": one.datatype, "nullable": one.nullable, "domain": one.domain or None}
        for one in signature.inputs
    ]
    return {
        "name": name,
        "version": version,
        "task": signature.task,
        "inputs": inputs,
        "outputs": [{"name": one.name, "datatype": one.datatype} for one in signature.outputs],
        "classes": signature.classes,
        "assertions": [one.name for one in package.assertions],
        "examples": package.input_example[:_EXAMPLES],
    }


def _write_model(package: Package, described: dict[str, Any], folder: Path) -> Iterable[str]:
    (folder / MODEL).write_bytes(package.files.read(MODEL))
    text = json.dumps(described, indent=1, ensure_ascii=False)
    (folder / DESCRIPTION).write_text(text + "\n", encoding="utf-8")
    return MODEL, DESCRIPTION


def _write_texts(kind: str, folder: Path) -> Iterable[str]:
    found = files("mainspring.serving.exporting").joinpath(kind).iterdir()
    sources = sorted(
        (one for one in found if one.is_file() and one.name != "__init__.py"), key=lambda one: one.name
    )
    for source in sources:
        (folder / source.name).write_bytes(source.read_bytes())
    return [source.name for source in sources]


def _runtime_files(runtime: Path) -> list[Path]:
    place = runtime / "dist" if (runtime / "dist").is_dir() else runtime
    absent = [name for name in RUNTIME_FILES if not (place / name).is_file()]
    if absent:
        raise NotFoundError(
            f"there is no {', '.join(absent)} in {place}",
            expected=f"the folder of the npm package {RUNTIME}",
            fix=f"npm install {RUNTIME}, and name node_modules/{RUNTIME}",
        )
    return [place / name for name in RUNTIME_FILES]
