"""A deployment with everything that it serves, in one folder: what an image is made of.

====================== ==============================================================
``server.json``        the file of the server
``models/<m>/<v>/``    the package of a version
``components/<m>/``    the files of a class
====================== ==============================================================
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from mainspring.core.errors import ConflictError, InputError
from mainspring.serving.caching.keys import digest_of
from mainspring.serving.configuration import ServerOptions
from mainspring.serving.deploying.code import moved
from mainspring.serving.deploying.declaration import Declaration, DeclaredModel
from mainspring.serving.deploying.resolving import Resolver, options_of
from mainspring.serving.deploying.revision import Pinned

SERVER, MODELS, COMPONENTS = "server.json", "models", "components"

PORT, RPC_PORT = 8080, 8081
"""Where a server in an image answers."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A deployment in a folder.

    Attributes:
        folder: Where.
        name: The deployment.
        versions: The versions of each model.
        digest: Of all of it, by content.
    """

    folder: Path
    name: str
    versions: Mapping[str, tuple[str, ...]]
    digest: str


def write_bundle(declaration: Declaration, source: Path, resolver: Resolver, folder: Path) -> Bundle:
    """Bring a deployment with all that it serves into a folder.

    Args:
        declaration: The deployment.
        source: The folder of its file.
        resolver: Finds what its references mean.
        folder: Where to; new, or empty.

    Raises:
        ConflictError: If there is something in the folder.
        MainspringError: If a reference means nothing, or a package cannot be brought.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise ConflictError(f"{folder} is not empty", fix="name a new folder, or remove what is in it")
    pins = {name: resolver.pins(name, model, source) for name, model in declaration.models.items()}
    folder.mkdir(parents=True, exist_ok=True)
    models: dict[str, Any] = {}
    for name, model in declaration.models.items():
        models[name] = _bring(name, model, pins[name], source, resolver, folder)
    server: dict[str, Any] = {
        "port": PORT,
        "drain": 5.0,
        "workers": 0 if declaration.resources.workers is None else declaration.resources.workers,
        "rpc": {"port": RPC_PORT},
        "models": models,
    }
    if (folder / MODELS).is_dir():
        server["repository"] = {"folder": MODELS, "mode": "none"}
    if declaration.resources.threads is not None:
        server["threads"] = declaration.resources.threads
    if declaration.slo:
        server["slo"] = {"objectives": [said(one) for one in declaration.slo]}
    msgspec.convert(server, ServerOptions)  # what is written is what a server reads
    (folder / SERVER).write_text(json.dumps(server, indent=1) + "\n", encoding="utf-8")
    versions = {name: tuple(dict.fromkeys(pin.version for pin in pins[name])) for name in declaration.models}
    digest = hashlib.sha256(digest_of(folder).encode()).hexdigest()
    return Bundle(folder, declaration.deployment, versions, digest)


def said(value: Any) -> Any:
    """Plain values of a struct, without what is as it would be anyway."""
    if isinstance(value, msgspec.Struct):
        found = {}
        for field in msgspec.structs.fields(value):
            held = getattr(value, field.name)
            usual = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
            if held != usual:
                found[field.encode_name] = said(held)
        return found
    if isinstance(value, Mapping):
        return {key: said(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [said(one) for one in value]
    return value


def _bring(
    name: str, model: DeclaredModel, pins: Sequence[Pinned], source: Path, resolver: Resolver, folder: Path
) -> dict[str, Any]:
    options = said(options_of(model, pins, source))
    if model.graph is not None:
        return {**options, "versions": {"all": True}, "version": pins[0].version}
    if model.component is not None:
        place = resolver.bring(name, model, pins[0], source)
        target = Path(COMPONENTS) / name
        if place.is_file():
            raise InputError(
                f"{name}: {model.component.entry} is of the interpreter here, which is not brought along",
                expected="a class in a file beside the deployment file",
            )
        shutil.copytree(place, folder / target, ignore=shutil.ignore_patterns("__pycache__"))
        there = moved(model.component.placed(source), target)
        component = {**said(model.component), "entry": there.entry}
        if model.component.folder:
            component["folder"] = there.folder
        return {**options, "component": component, "version": pins[0].version}
    for pin in pins:
        place = folder / MODELS / name / pin.version
        if not place.exists():
            shutil.copytree(resolver.bring(name, model, pin, source), place)
    return dict(options)
