"""Trains with any function of one's own, named ``"module:function"``.

The function is given what it names among ``matrix``, ``target``, ``seed``, ``classes`` and ``options``, and all of
``params``. It returns something with ``predict_proba(matrix)`` (``[n, classes]``) or, for regression,
``predict(matrix)``. What is of scikit-learn is saved by the rules for that; else its class, which must stand in
the same module, needs ``save(folder)`` and a class method ``load(folder)``. Reading such a model imports the
module: nothing else can make sense of it.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError, IntegrityError
from mainspring.models.adapters.scores import check_abilities, refused
from mainspring.models.adapters.skops_files import dump_sklearn, load_sklearn
from mainspring.models.files import Files
from mainspring.models.ports import Recipe
from mainspring.models.training_options import PLAIN, Ability, TrainingOptions

HEAD = "function.json"
SKOPS = "estimator.skops"
FOLDER = "saved"

EVERY = frozenset(Ability)

GIVEN = ("matrix", "target", "seed", "classes", "options")
"""What a function may ask for by name."""


@dataclass(frozen=True, eq=False)
class FunctionFitted:
    """What a function returned, read back from its files.

    Attributes:
        native: The object.
        recipe: How it was made.
        files: The object as files.
    """

    native: Any
    recipe: Recipe
    files: Files

    @property
    def probabilistic(self) -> bool:
        """Whether it gives probabilities."""
        return hasattr(self.native, "predict_proba")

    def scores(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Probabilities ``[n, classes]``, or values ``[n]``.

        Raises:
            InputError: If the object refuses the matrix, or answers in another shape.
        """
        classes = self.recipe.classes
        try:
            answer = (
                self.native.predict_proba(matrix) if self._wants_probabilities else self.native.predict(matrix)
            )
        except (ValueError, TypeError) as error:
            raise refused(self.recipe.estimator, error) from error
        found = np.asarray(answer, dtype=np.float64)
        if classes is None:
            found = found.reshape(-1) if found.shape[1:] == (1,) else found
        elif not self._wants_probabilities:
            found = np.eye(len(classes))[found.astype(np.int64).reshape(-1)]
        expected = (len(matrix),) if classes is None else (len(matrix), len(classes))
        if found.shape != expected:
            raise InputError(
                f"{self.recipe.estimator}: the answers have the shape {list(found.shape)}",
                expected=f"{list(expected)}",
            )
        return found

    @property
    def _wants_probabilities(self) -> bool:
        return self.recipe.classes is not None and self.probabilistic

    def dump(self) -> Files:
        """The object's own files, and which class and source they are of."""
        return self.files


class FunctionTrainer:
    """Functions of one's own."""

    libraries: ClassVar[Sequence[str]] = ("skops",)

    def estimators(self) -> Sequence[str]:
        """None by name: any ``"module:function"``."""
        return ()

    def abilities(self, estimator: str) -> frozenset[Ability]:
        """Every one if the function asks for ``options``, else none: it is the function that keeps to them.

        Raises:
            InputError: If there is no such function.
        """
        return EVERY if "options" in inspect.signature(_find(estimator)).parameters else frozenset()

    def fit(
        self,
        recipe: Recipe,
        matrix: npt.NDArray[np.float64],
        target: npt.NDArray[Any],
        options: TrainingOptions = PLAIN,
    ) -> FunctionFitted:
        """Call the function; the same bytes every time are its own promise.

        Raises:
            InputError: If there is no such function, it does not take the parameters, returns what cannot predict
                or cannot be saved, or does not ask for ``options`` that are wanted.
        """
        function = _find(recipe.estimator)
        check_abilities(recipe.estimator, options, self.abilities(recipe.estimator))
        offered = {
            "matrix": matrix,
            "target": target,
            "seed": recipe.seed,
            "classes": recipe.classes,
            "options": options,
        }
        try:
            found = function(**_arguments(recipe, function, offered))
        except (ValueError, TypeError) as error:
            raise refused(recipe.estimator, error) from error
        needed = "predict" if recipe.classes is None else "predict_proba"
        if not hasattr(found, needed) and not hasattr(found, "predict"):
            raise InputError(
                f"{recipe.estimator} returned a {type(found).__name__}",
                expected=f"an object with {needed}(matrix)",
            )
        files = _saved(recipe.estimator, found)
        return FunctionFitted(_loaded(recipe.estimator, files), recipe, files)

    def load(self, files: Files, recipe: Recipe) -> FunctionFitted:
        """Read what a function returned; its module is imported.

        Raises:
            IntegrityError: If the class is not one of the module's that can predict, save and load.
            InputError: If the module is not there.
        """
        return FunctionFitted(_loaded(recipe.estimator, files), recipe, files.read_all())


def _find(name: str) -> Callable[..., Any]:
    """The function.

    Raises:
        InputError: If there is none.
    """
    module_name, _, attribute = name.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise InputError(
            f"{name}: {error}",
            expected='"module:function"',
            fix="install the module, or put its folder on PYTHONPATH",
        ) from error
    function = getattr(module, attribute, None)
    if not callable(function):
        raise InputError(f"the module {module_name} has no function {attribute!r}", expected='"module:function"')
    found: Callable[..., Any] = function
    return found


def _arguments(recipe: Recipe, function: Callable[..., Any], offered: dict[str, Any]) -> dict[str, Any]:
    """What the function is called with.

    Raises:
        InputError: If it does not take the parameters, or asks for what nobody gives.
    """
    parameters = inspect.signature(function).parameters
    takes_all = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters.values())
    unknown = [name for name in recipe.params if name not in parameters and not takes_all]
    taken = [name for name in recipe.params if name in GIVEN]
    open_ones = [
        name
        for name, one in parameters.items()
        if one.default is inspect.Parameter.empty
        and one.kind not in (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
        and name not in {*GIVEN, *recipe.params}
    ]
    problems = [
        *(f"it has no parameter {name!r}" for name in unknown),
        *(f"{name!r} is not for params to set" for name in taken),
        *(f"it needs {name!r}" for name in open_ones),
    ]
    if problems:
        raise InputError(
            f"{recipe.estimator}: {'; '.join(problems)}",
            expected="parameters among " + ", ".join(name for name in parameters if name not in GIVEN),
            fix="correct params; beside them the function may ask for " + ", ".join(GIVEN),
        )
    return {**{name: value for name, value in offered.items() if name in parameters}, **recipe.params}


def _saved(name: str, found: Any) -> Files:
    """An object as files.

    Raises:
        InputError: If it cannot be saved without pickle.
    """
    kind = type(found)
    head = {"class": f"{kind.__module__}:{kind.__qualname__}", "source": _source(name)}
    if kind.__module__.partition(".")[0] == "sklearn":
        return Files({HEAD: _json({**head, "class": None}), SKOPS: dump_sklearn(found)})
    module = name.partition(":")[0]
    if kind.__module__ != module or not _is_savable(kind):
        raise InputError(
            f"{name} returned a {kind.__module__}.{kind.__qualname__}, which cannot be saved without pickle",
            expected=f"a class of the module {module} with predict, save(folder) and load(folder)",
            fix="write such a class, or return an estimator of scikit-learn",
        )
    with tempfile.TemporaryDirectory(prefix="mainspring-") as folder:
        found.save(Path(folder))
        content = Files.in_folder(Path(folder)).read_all()
    return Files({HEAD: _json(head)}).merged(content.inside(FOLDER))


def _loaded(name: str, files: Files) -> Any:
    head = json.loads(files.text(HEAD))
    if head["class"] is None:
        return load_sklearn(files.read(SKOPS))
    module, _, qualname = str(head["class"]).partition(":")
    _find(name)
    kind: Any = getattr(sys.modules.get(module), qualname, None)
    if module != name.partition(":")[0] or not isinstance(kind, type) or not _is_savable(kind):
        raise IntegrityError(
            f"the model file names the class {head['class']}",
            expected=f"a class of {name.partition(':')[0]} with predict, save and load",
        )
    reader: Callable[[Path], Any] = getattr(kind, "load")  # noqa: B009 - any class of the user's
    with files.under(FOLDER).folder() as folder:
        return reader(folder)


def _is_savable(kind: type) -> bool:
    predicts = hasattr(kind, "predict") or hasattr(kind, "predict_proba")
    return predicts and callable(getattr(kind, "save", None)) and callable(getattr(kind, "load", None))


def _source(name: str) -> str | None:
    """The digest of the module's source, so that a record tells when the code changed."""
    try:
        text = inspect.getsource(sys.modules[name.partition(":")[0]])
    except (OSError, TypeError, KeyError):
        return None
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True).encode()
