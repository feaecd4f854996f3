"""What is written down of a step that is served: where its code is, what it reads, and what it had learnt."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec

from mainspring.core.errors import InputError, NotFoundError
from mainspring.models.signature import Datatype

CODE: Final = "code"
"""The folder with the files of the run, beside the specifications."""

Form: TypeAlias = Literal["list", "array", "columns", "table", "examples"]
"""What a function takes for data: a list with a value per row, an array, lists by column, a table, or examples."""


class Column(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A tensor that a step reads or gives.

    Attributes:
        name: Its name.
        datatype: Of the Open Inference Protocol.
        shape: Its dimensions; -1 for the rows.
        packed: Whether a value is a list or an object, which goes along edges as a text of JSON.
        nulls: Whether a missing value is ``None`` for the function.
    """

    name: str
    datatype: Datatype = "BYTES"
    shape: tuple[int, ...] = (-1,)
    packed: bool = False
    nulls: bool = False


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """An argument that is given data.

    Attributes:
        form: What the function takes.
        columns: What is read for it.
    """

    form: Form
    columns: tuple[Column, ...]


class State(msgspec.Struct, frozen=True, kw_only=True):
    """An argument that is given what was learnt.

    Attributes:
        type: The type of the artifact.
        path: Its file or folder, beside the specifications.
        digest: The artifact's digest.
    """

    type: str
    path: str
    digest: str = ""


class StepSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A step that is served.

    Attributes:
        name: Its name in the pipeline.
        function: ``module:function``.
        files: Files of the code, relative to :data:`CODE`, to their digests.
        code: Functions and constants that it uses, to the digests of their sources, as the run recorded them.
        data: Arguments that are given data.
        state: Arguments that are given what was learnt.
        parameters: Other arguments, with the values of the run.
        gives: What it gives.
        run: The run that it was taken from.
    """

    name: str
    function: str
    files: Mapping[str, str]
    code: Mapping[str, str]
    data: Mapping[str, Given]
    state: Mapping[str, State]
    parameters: Mapping[str, object]
    gives: tuple[Column, ...]
    run: str = ""


def write_spec(folder: Path, spec: StepSpec) -> Path:
    """Write a specification as ``<name>.step.json``; gives the file."""
    file = _file(folder, spec.name)
    file.write_bytes(msgspec.json.format(msgspec.json.encode(spec), indent=1) + b"\n")
    return file


def read_spec(folder: Path, name: str) -> StepSpec:
    """Read a specification.

    Raises:
        NotFoundError: If there is none.
        InputError: If it is of another form.
    """
    file = _file(folder, name)
    try:
        return msgspec.json.decode(file.read_bytes(), type=StepSpec)
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no step {name!r}", where=str(file)) from error
    except msgspec.DecodeError as error:
        raise InputError(f"the step cannot be read: {error}", where=str(file)) from error


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.step.json"
