"""Models that are Python code: a class with ``predict``, or a factory such as a hub repository offers.

What comes with them lies in the package under ``code/``, and is imported from there, each package by itself: two
packages may hold modules of the same name.
"""

from __future__ import annotations

import importlib
import inspect
import json
import shutil
import sys
import tempfile
import weakref
from collections.abc import Mapping
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy.typing as npt

from mainspring.core.errors import InputError, NotFoundError
from mainspring.models.files import Files
from mainspring.models.foreign.answers import answer_of, classes_of, input_of
from mainspring.models.foreign.request import Columns, Described, Request
from mainspring.models.foreign.trust import UntrustedError, check_trusted, trust
from mainspring.models.signature import Signature

RUNTIME = "foreign-python"
PLAN = "foreign.json"
CODE = "code"

MOST_BYTES = 500_000_000
"""A folder with more than this is not copied into a package."""

SKIPPED = frozenset({"__pycache__", ".git", ".venv", ".mypy_cache", ".pytest_cache"})

FORMS = ("columns", "rows", "matrix", "frame")


class PythonModel:
    """An object with ``predict``, asked in the form that it takes."""

    def __init__(self, model: Any, plan: Mapping[str, Any], signature: Signature, keep: Any = None) -> None:
        self._model, self._takes, self._logits = model, plan["takes"], plan["logits"]
        self._signature = signature
        self._keep = keep

    def predict(self, columns: Columns) -> Mapping[str, npt.NDArray[Any]]:
        """Predict; see :class:`mainspring.models.ports.Runtime`."""
        given = input_of(columns, self._signature, self._takes)
        return answer_of(self._model, given, self._signature, logits=self._logits)


def import_python(path: Path, request: Request) -> Described:
    """Read a class with ``predict`` from a ``.py`` file or a folder.

    Raises:
        UntrustedError: Without trust.
        InputError: If there is no such class, or it cannot be made or asked.
    """
    if not path.exists():
        raise NotFoundError("there is no such file or folder", where=str(path))
    files = Files({path.name: path}) if path.is_file() else _folder(path)
    entry = request.entry or (f"{path.stem}:{_only_class(path)}" if path.is_file() else "")
    if ":" not in entry:
        raise InputError(
            f"{entry!r} does not say which class is meant" if entry else "it is not said which class is meant",
            expected="module:Class",
            fix="say entry='module:Class' (--entry)",
        )
    return _described(files, entry, request)


def import_hub(path: Path, request: Request) -> Described:
    """Read a hub repository: a folder with ``hubconf.py``, or an installed package that has the entry.

    The layout is that of https://docs.pytorch.org/docs/stable/hub.html: a function in ``hubconf.py`` makes the
    model. Nothing is downloaded.

    Raises:
        UntrustedError: Without trust.
        InputError: If there is neither, or it cannot be made or asked.
    """
    if not request.entry:
        raise InputError("it is not said which model of the repository is meant", fix="say entry='name' (--entry)")
    if (path / "hubconf.py").is_file():
        return _described(_folder(path), f"hubconf:{request.entry}", request)
    module = path.name
    try:
        installed = find_spec(module)
    except (ModuleNotFoundError, ValueError):
        installed = None
    if installed is None:
        raise NotFoundError(
            f"there is neither a folder {str(path)!r} with a hubconf.py nor an installed package {module!r}",
            fix="clone the repository, or install the package; nothing is downloaded here",
        )
    return _described(Files({}), f"{module}:{request.entry}", request)


def describe_entry(
    files: Files, entry: str, request: Request, *, libraries: tuple[str, ...] = (), about: str = ""
) -> Described:
    """The description of a model that this entry makes, once it has been made and asked."""
    fields = request.fields(request.columns or (() if request.example is None else _features(request)))
    if not fields:
        raise InputError(
            "a Python model does not say what columns it takes", fix="give example rows (--example), or columns"
        )
    plan = {
        "entry": entry,
        "arguments": dict(request.arguments),
        "takes": request.takes or "columns",
        "logits": request.logits,
    }
    if plan["takes"] not in FORMS:
        raise InputError(f"takes={plan['takes']!r}", expected="one of " + ", ".join(FORMS))
    model, keep = _make(files, plan)
    draft = Signature.of(fields, classes=None)
    classes = classes_of(model, request.classes)
    signature = Signature.of(fields, classes=classes) if classes else draft
    text = json.dumps(plan, indent=1, sort_keys=True) + "\n"
    del keep
    needed = {*libraries, *_distribution_of(entry, files)} | ({"pandas"} if plan["takes"] == "frame" else set())
    made = files.inside(CODE).merged(Files({PLAN: text.encode()}))
    return Described(
        runtime=RUNTIME,
        files=made,
        signature=signature,
        libraries=tuple(sorted(needed)),
        about=about or f"Python object of {entry}",
        probabilistic=bool(hasattr(model, "predict_proba") or request.logits),
        runs_code=True,
    )


def open_runtime(files: Files, signature: Signature, *, threads: int = 1) -> PythonModel:
    """Make the model, if its code is trusted.

    Raises:
        UntrustedError: If it is not.
    """
    own = files.under(CODE)
    plan = json.loads(files.text(PLAN))
    check_trusted(own.inside(CODE).merged(Files({PLAN: files.read(PLAN)})), plan["entry"])
    model, keep = _make(own, plan)
    return PythonModel(model, plan, signature, keep)


def _described(files: Files, entry: str, request: Request) -> Described:
    if not request.trust:
        raise UntrustedError(
            f"importing this model runs its code: {entry}"
            + (f", with {', '.join(files.names[:10])}" if files.names else ", from an installed package"),
            expected="your word that you trust it",
            fix="look at the code, then say trust=True (--trust)",
        )
    described = describe_entry(files, entry, request)
    trust(described.files)
    return described


def _features(request: Request) -> tuple[str, ...]:
    return () if request.example is None else tuple(request.example.names)


def _folder(path: Path) -> Files:
    found = {
        item.relative_to(path).as_posix(): item
        for item in sorted(path.rglob("*"))
        if item.is_file() and not SKIPPED & set(item.relative_to(path).parts)
    }
    size = sum(item.stat().st_size for item in found.values())
    if size > MOST_BYTES:
        raise InputError(
            f"the folder has {size / 1e6:,.0f} MB",
            expected=f"at most {MOST_BYTES / 1e6:,.0f} MB",
            where=str(path),
            fix="move what the model does not need elsewhere",
        )
    return Files(found).read_all()


def _only_class(path: Path) -> str:
    """The one public class of a file that has ``predict``; told from its text, nothing is run."""
    import ast

    found = [
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
        and not node.name.startswith("_")
        and any(isinstance(part, ast.FunctionDef) and part.name == "predict" for part in node.body)
    ]
    if len(found) != 1:
        raise InputError(
            f"{path.name} has {len(found)} public classes with predict",
            expected="one",
            fix="say entry='module:Class' (--entry)",
        )
    return found[0]


class _Folder:
    """A folder that is removed with the last that refers to it."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="mainspring-code-"))
        self._remove = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


def _make(files: Files, plan: Mapping[str, Any]) -> tuple[Any, Any]:
    """The model, and what has to stay as long as it does."""
    keep = _Folder()
    folder = keep.path
    files.write(folder)
    module, _, name = plan["entry"].partition(":")
    try:
        made = getattr(_import_from(folder, module), name, None)
        if not callable(made):
            raise InputError(f"{module} has no class or function {name!r}")
        arguments = dict(plan["arguments"])
        if "folder" in inspect.signature(made).parameters:
            arguments.setdefault("folder", folder)
        model = made(**arguments)
    except (ImportError, TypeError) as error:
        raise InputError(f"{plan['entry']} cannot be made: {type(error).__name__}: {error}") from error
    if not hasattr(model, "predict") and not callable(model):
        raise InputError(f"{plan['entry']} gives a {type(model).__name__} that has no predict and is not callable")
    return model, keep


def _import_from(folder: Path, module: str) -> Any:
    """Import a module, from the folder if it lies there, and forget the folder's modules again."""
    own = {path.stem if path.is_file() else path.name for path in folder.iterdir()}
    if module.partition(".")[0] not in own:
        return importlib.import_module(module)
    hidden = {name: found for name, found in sys.modules.items() if name.partition(".")[0] in own}
    for name in hidden:
        del sys.modules[name]
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        return importlib.import_module(module)
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.partition(".")[0] in own]:
            del sys.modules[name]
        sys.modules.update(hidden)


def _distribution_of(entry: str, files: Files) -> tuple[str, ...]:
    """The distribution that an installed entry comes from."""
    top = entry.partition(":")[0].partition(".")[0]
    if any(name.partition("/")[0] in {top, f"{top}.py"} for name in files.names):
        return ()
    return tuple(packages_distributions().get(top, ())[:1])
