"""What a server's file says of a class of the user's that it serves."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mainspring.core.errors import InputError
from mainspring.models.signature import Datatype, Field

Seconds = Annotated[float, Meta(gt=0)]
Takes = Literal["", "matrix", "columns", "rows", "frame", "named"]


class TensorSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An input or output of a class, as the Open Inference Protocol describes a tensor.

    Attributes:
        name: Its name.
        datatype: Of the Open Inference Protocol.
        shape: Its dimensions; -1 where any number will do. By default a column: a value per row.
        binary: Of ``BYTES``: bytes as they are, such as images, and not text.
    """

    name: str
    datatype: Datatype = "FP64"
    shape: tuple[int, ...] = (-1,)
    binary: bool = False

    @property
    def field(self) -> Field:
        """The same as a field of a signature."""
        nullable = self.datatype == "BYTES" or self.datatype.startswith(("FP", "BF"))
        return Field(self.name, self.datatype, nullable=nullable, shape=self.shape)


class Component(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A class of the user's, and how it is run.

    Naming one is trusting it: its code runs. So a server takes it from its file or its command line only.

    Attributes:
        entry: ``file.py:Class`` or ``module:Class``; a function is taken as ``predict``.
        arguments: What the class is made with: JSON values.
        python: The interpreter, of any environment; it needs at most numpy. By default that of the server.
        environment: Variables besides those of the server.
        folder: Where it runs; modules are found there. By default that of the file.
        processes: How many processes answer.
        calls_at_once: How many calls a process is given at a time: more than one only if the class is safe for
            threads. By default what the class says with its attribute ``calls_at_once``, else 1.
        takes: What the first argument of ``predict`` is, if its name does not say so.
        method: What is called instead of ``predict``.
        inputs: What it asks for; by default what the class declares. Without, it takes anything.
        outputs: What it answers; by default what the class declares.
        batches: Whether rows of several requests may come in one call; by default what the class says with its
            attribute ``batches``, else not.
        example: Rows that it is asked once before it is served.
        start_seconds: How long it may take to load.
        call_seconds: How long a call may take; then the process is killed, and started again.
        stop_seconds: How long it may take to end.
        memory: The most bytes that a process may hold; one that holds more is killed, and started again.
        inline: Run it in the process of the server: faster by a tenth of a millisecond, and without protection.
    """

    entry: str
    arguments: Mapping[str, Any] = {}
    python: str = ""
    environment: Mapping[str, str] = {}
    folder: str = ""
    processes: Annotated[int, Meta(ge=1)] = 1
    calls_at_once: Annotated[int, Meta(ge=0)] = 0
    takes: Takes = ""
    method: str = ""
    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()
    batches: bool | None = None
    example: tuple[Any, ...] = ()
    start_seconds: Seconds = 60.0
    call_seconds: Seconds = 60.0
    stop_seconds: Seconds = 10.0
    memory: Annotated[int, Meta(ge=1)] | None = None
    inline: bool = False

    def __post_init__(self) -> None:
        module, separator, name = self.entry.rpartition(":")
        if not (separator and module and name):
            raise InputError(
                f"the entry is {self.entry!r}", expected="file.py:Class or module:Class", fix="name the class"
            )
        if self.inline and (self.python or self.environment or self.processes > 1 or self.memory):
            raise InputError(
                "a class that runs in the server has no interpreter, environment, processes or memory of its own",
                where=self.entry,
                fix="leave those out, or leave out inline",
            )

    def placed(self, folder: Path) -> Component:
        """The same with paths that were relative to a folder made absolute."""
        module, _, name = self.entry.rpartition(":")
        file = folder / module if module.endswith(".py") else None
        python = self.python
        if "/" in python:
            # Not resolved: the interpreter of an environment is a link, and would lose its environment.
            python = str(folder / python)
        return msgspec.structs.replace(
            self,
            entry=self.entry if file is None else f"{file}:{name}",
            folder=str(folder / self.folder) if self.folder else str(folder if file is None else file.parent),
            python=python,
        )

    @property
    def file(self) -> Path | None:
        """The file of the class; ``None`` for a module."""
        module = self.entry.rpartition(":")[0]
        return Path(module) if module.endswith(".py") else None

    @property
    def place(self) -> Path:
        """What changes on the disk when the class does: its file, as far as that can be told."""
        if self.file is not None:
            return self.file
        module = Path(self.folder, *self.entry.rpartition(":")[0].split("."))
        known = (module.with_suffix(".py"), module / "__init__.py")
        return next((one for one in known if one.is_file()), Path(self.interpreter()))

    def interpreter(self) -> str:
        """The interpreter, as a path.

        Raises:
            InputError: If there is none.
        """
        if not self.python:
            return sys.executable
        found = shutil.which(self.python)
        if found is None:
            raise InputError(f"there is no interpreter {self.python!r}", where=self.entry, fix="say python=…")
        return found


def setup_of(component: Component) -> dict[str, Any]:
    """What whoever calls a class has to know of it."""
    return {
        "entry": component.entry,
        "arguments": component.arguments,
        "folder": component.folder or None,
        "takes": component.takes,
        "method": component.method,
        "inputs": [one.name for one in component.inputs],
        "calls_at_once": component.calls_at_once,
        "stop_seconds": component.stop_seconds,
    }
