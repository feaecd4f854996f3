"""The explainer: all that explaining a model's answers needs but the model, kept as an artifact beside it."""

from __future__ import annotations

import inspect
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Final, Self

from mainspring.core.digests import digest_text
from mainspring.core.errors import InputError, MainspringError, NotFoundError
from mainspring.core.plugins import load as load_plugin
from mainspring.core.plugins import offers
from mainspring.core.records import Value
from mainspring.data import Table
from mainspring.evaluation.explanation.answers import Answer, Remembered, canonical
from mainspring.evaluation.explanation.asking import Asked, Columns, Scale, typed
from mainspring.evaluation.explanation.background import Background
from mainspring.evaluation.explanation.budgets import UNLIMITED, Budget, BudgetError, Spent
from mainspring.evaluation.explanation.counterfactuals import Constraints
from mainspring.evaluation.ports import Predictor

AUTO: Final = "auto"
SHAP: Final = "shap"

BACKGROUND_ROWS: Final = 1000
SHAP_ROWS: Final = 16
"""Rows of the background for Shapley values of a model that is only asked: each costs a row for each coalition."""

SHAP_COALITIONS: Final = 256

READ_ROWS: Final = 50
"""The same where the model can be read, and a row more costs next to nothing."""

ROWS_AT_ONCE: Final = 1024
"""Rows of one call: few enough that a server which answers others too is not held up."""

_LOOKS_INSIDE: Final = ("tree_shap", "linear_shap")
"""Exact methods that read the model itself."""

_AGREE: Final = 1e-3
"""How far the model that is looked into may be from the one that answers: runtimes may compute in float32."""

_OWN: Final = frozenset({"background_rows", "method", "scale", "inside"})
"""Options that are the explainer's, not the method's."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Explainer:
    """How a model's answers are explained: methods with their options, and the rows that stand for the data.

    It holds no model: ``explain`` is given one, here or behind a wire. Only a method that reads the model itself
    (tree SHAP, linear SHAP) has a copy of it inside.

    Attributes:
        methods: Name to options; the first is taken where none is named. Besides the method's own options:
            ``method`` (the plugin's name, where it is another), ``background_rows`` (how many of the rows it
            takes), ``scale``, and ``inside`` (it reads the model that is kept here).
        background: A sample of the data, with the types of the columns, without the label.
        features: The columns that are explained.
        label: The label column.
        output: The class asked about; the positive one of two without it.
        scale: ``"probability"``, ``"logit"`` or ``"value"``; what fits the model without it.
        budget: The most that one call of :meth:`explain` may spend, whatever is asked for.
        seed: Of every random choice.
        model: A copy of the model, for methods that read it.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Explainer"

    methods: Mapping[str, Mapping[str, Any]]
    background: Table
    features: tuple[str, ...]
    label: str | None = None
    output: str | None = None
    scale: Scale | None = None
    budget: Budget = UNLIMITED
    seed: int = 0
    model: Any = None
    _made: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def __eq__(self, other: object) -> bool:
        return self.digest == other.digest if isinstance(other, Explainer) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def digest(self) -> str:
        """Of all that answers depend on, but the model."""
        if "digest" not in self._made:
            self._made["digest"] = digest_text(canonical({**self._head(), "rows": self.background.digest()}))
        found: str = self._made["digest"]
        return found

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a row to explain."""
        return self.background.names

    def explain(
        self,
        predictor: Predictor,
        rows: Table,
        method: str | None = None,
        *,
        output: str | None = None,
        wanted: str | Sequence[float] | None = None,
        budget: Budget = UNLIMITED,
        model: str = "",
        remembered: Remembered | None = None,
    ) -> list[Answer]:
        """Explain a model's answers, row by row: the same row gets the same answer in any company.

        Args:
            predictor: The model.
            rows: With the columns of the background; others are ignored.
            method: The name of one of :attr:`methods`; the first without it.
            output: Another class than the explainer's.
            wanted: For counterfactuals the answer looked for.
            budget: What all rows together may spend; the explainer's own holds as well.
            model: What tells the model from others, such as a digest; answers are remembered for it.
            remembered: Where answers are kept; they are asked for again otherwise.

        Raises:
            NotFoundError: If the explainer has no such method.
            BudgetError: If the budget is spent and the method cannot stop early.
            InputError: If the rows or the question do not fit the model.
        """
        name, options = self._options(method)
        if wanted is not None:
            options["wanted"] = wanted if isinstance(wanted, str) else tuple(wanted)
            _check_options({name: options})
        limit, spent = _tightest(self.budget, budget), Spent()
        given = rows.select(list(self.columns))
        cells = list(given.iter_rows()) if remembered is not None else []
        way: _Way | None = None
        answers = []
        for place in range(given.num_rows):
            key = ""
            if remembered is not None:
                question = [model, self.digest, name, output, wanted, asdict(limit), cells[place]]
                key = digest_text(json.dumps(question, sort_keys=True, default=str))
                known = remembered.get(key)
                if known is not None:
                    answers.append(known)
                    continue
            way = way or self._way(predictor, given, options, output or self.output)
            left = _left(limit, spent)
            answer = Answer(method=name, found=way.explain(given.rows(place, place + 1), left))
            spent = _added(spent, answer.found.spent)
            # What ran out of time may have got further on another day.
            if remembered is not None and (left.seconds is None or answer.found.spent.seconds < left.seconds):
                remembered.put(key, answer)
            answers.append(answer)
        return answers

    def warm(self) -> None:
        """Read the model inside, if there is one, so that the first who asks does not wait for it."""
        for name, options in self.methods.items():
            if options.get("inside"):
                self.explain(self.model, self.background.rows(0, 1), name)

    def table(self, columns: Columns) -> Table:
        """Rows in the form of ``Table.column`` as a table with the types of the background.

        A column that is not there is missing in every row.
        """
        rows = len(next(iter(columns.values()), ()))
        types = {column.name: str(column.type) for column in self.background.columns}
        held = {name: typed(columns[name], kind) for name, kind in types.items() if name in columns}
        return Table.from_columns({name: held.get(name, [None] * rows) for name in types}, types)

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        return {
            "methods": ", ".join(self.methods),
            "features": len(self.features),
            "rows": self.background.num_rows,
            "reads_model": self.model is not None,
        }

    def save(self, folder: Path) -> None:
        """Write ``explainer.json`` and ``background/``, and the model under ``model/`` where one is inside."""
        text = json.dumps(self._head(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        (folder / "explainer.json").write_text(text, encoding="utf-8")
        for name, value in (("background", self.background), ("model", self.model)):
            if value is not None:
                (folder / name).mkdir()
                value.save(folder / name)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote.

        Raises:
            InputError: If the folder holds no explainer.
            NotFoundError: If no plugin offers the kind of model that is inside.
        """
        path = folder / "explainer.json"
        if not path.is_file():
            raise InputError(
                "there is no explainer.json", expected="the folder of an explainer", where=str(folder)
            )
        head = json.loads(path.read_text(encoding="utf-8"))
        kind = head.pop("model")
        return cls(
            **{**head, "features": tuple(head["features"]), "budget": Budget(**head["budget"])},
            background=Table.load(folder / "background"),
            model=None if kind is None else load_plugin("artifact_types", kind).load(folder / "model"),
        )

    def _head(self) -> dict[str, Any]:
        return {
            "methods": {name: dict(options) for name, options in self.methods.items()},
            "features": list(self.features),
            "label": self.label,
            "output": self.output,
            "scale": self.scale,
            "budget": asdict(self.budget),
            "seed": self.seed,
            "model": None if self.model is None else self.model.ARTIFACT_TYPE,
        }

    def _options(self, method: str | None) -> tuple[str, dict[str, Any]]:
        name = next(iter(self.methods)) if method is None else method
        if name not in self.methods:
            raise NotFoundError(
                f"the explainer has no method {name!r}",
                expected="one of " + ", ".join(self.methods),
                fix="fit the explainer with that method",
            )
        return name, dict(self.methods[name])

    def _way(self, predictor: Predictor, rows: Table, options: Mapping[str, Any], output: str | None) -> _Way:
        inside = bool(options.get("inside"))
        scale = options.get("scale", self.scale)
        asked = Asked.of(predictor, rows, output=output, scale=scale, batch_rows=ROWS_AT_ONCE)
        given = {name: value for name, value in options.items() if name not in _OWN}
        if "constraints" in given:
            given["constraints"] = constraints_of(given["constraints"])
        return _Way(
            served=asked,
            asked=Asked.of(self.model, rows, output=asked.output, scale=scale) if inside else asked,
            method=load_plugin("explainers", options["method"]),
            background=self._sample(options.get("background_rows", self.background.num_rows)),
            options={**given, "seed": self.seed},
        )

    def _sample(self, rows: int) -> Background:
        key = f"background {rows}"
        if key not in self._made:
            self._made[key] = Background.of(self.background, rows=rows, seed=self.seed, features=self.features)
        sample: Background = self._made[key]
        return sample


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """A method, made ready for one model.

    Attributes:
        served: The model that answers.
        asked: The one that the method asks: the same, or the copy of it that it reads.
        method: From the plugin.
        background: The rows that it takes.
        options: All others that it takes.
    """

    served: Asked
    asked: Asked
    method: Callable[..., Any]
    background: Background
    options: Mapping[str, Any]

    def explain(self, row: Table, budget: Budget) -> Any:
        """What the method gives for one row.

        Raises:
            InputError: If it was read from another model than the one that answers.
        """
        found = self.method(self.asked.again(budget), row, background=self.background, **self.options)
        if self.asked is not self.served:
            answer, read = float(self.served(self.served.columns(row))[0]), float(found.outputs[0])
            if abs(answer - read) > _AGREE * (1 + abs(answer)):
                raise InputError(
                    f"the model answers {answer:.6g}, and the one that the explainer holds {read:.6g}",
                    expected="the explainer of this very model",
                    fix="fit an explainer with the model that is served, and register both together",
                )
        return found[0] if isinstance(found, list) else found


def fit_explainer(
    table: Table,
    *,
    predictor: Predictor | None = None,
    method: str | Sequence[str] | Mapping[str, Mapping[str, Any]] = AUTO,
    label: str | None = None,
    features: Sequence[str] | None = None,
    without: Sequence[str] = (),
    output: str | None = None,
    scale: Scale | None = None,
    background_rows: int = BACKGROUND_ROWS,
    constraints: Mapping[str, Any] | None = None,
    budget: Budget | Mapping[str, Any] = UNLIMITED,
    seed: int = 0,
) -> Explainer:
    """Choose what explaining a model takes.

    Args:
        table: The rows that the background is drawn from, such as the training rows.
        predictor: The model. With it the explainer holds the columns that the model reads and no others; ``shap``
            looks inside trees and linear models, and anchors are left out of ``"auto"`` for regressions.
        method: Names, or name to options. ``"auto"`` is ``shap``, ``anchors`` and ``counterfactuals``. ``shap`` is
            the best way to Shapley values that there is: tree or linear SHAP of a model that can be read, kernel
            SHAP within some thousand rows otherwise. Every other name is one that a plugin offers.
        label: The label column, which is no feature.
        features: The columns to explain; all that the model reads without it.
        without: More columns that are no features.
        output: The class that explanations are about; the positive one of two without it.
        scale: ``"probability"``, ``"logit"`` or ``"value"``.
        background_rows: The most rows of the background.
        constraints: What counterfactuals may change, with the names of :class:`Constraints`:
            ``{"immutable": ["sex"], "rising": ["age"]}``.
        budget: The most that one call may spend: ``{"rows": 50_000, "seconds": 5}``.
        seed: Of every random choice.

    Raises:
        NotFoundError: If no plugin offers a method.
        InputError: If a column does not exist, or the constraints cannot be kept.
    """
    away = {*without, *(() if label is None else (label,))}
    kept = [name for name in inputs_of(predictor) or table.names if name not in away]
    sample = Background.of(table.select(kept), rows=background_rows, seed=seed, features=features)
    types = {name: str(table.type_of(name)) for name in kept}
    held = Table.from_columns({name: typed(values, types[name]) for name, values in sample.columns.items()}, types)
    limits = budget if isinstance(budget, Budget) else Budget(**budget)
    bare = Explainer(
        methods={},
        background=held,
        features=sample.features,
        label=label,
        output=output,
        scale=scale,
        budget=limits,
        seed=seed,
    )
    classes = None if predictor is None else predictor.predict(held.rows(0, 1)).classes
    values = predictor is not None and classes is None
    chosen: dict[str, dict[str, Any]] = {}
    if method == AUTO:
        method = [SHAP] if values else [SHAP, "anchors", "counterfactuals"]
    elif isinstance(method, str):
        method = [method]
    wished = method if isinstance(method, Mapping) else {name: {} for name in method}
    for name, options in wished.items():
        chosen[name] = {"method": name, **options}
    if constraints is not None:
        if "counterfactuals" not in chosen:
            raise InputError("constraints were given, and no counterfactuals", fix="name that method as well")
        constraints_of(constraints).check(sample.columns)
        chosen["counterfactuals"]["constraints"] = json.loads(json.dumps(constraints))
    model = None
    if chosen.get(SHAP, {}).get("method") == SHAP:
        chosen[SHAP], model = _best_shap(bare, predictor, chosen[SHAP])
    known = offers("explainers")
    strange = sorted({str(options["method"]) for options in chosen.values()} - known.keys())
    if strange or not chosen:
        raise NotFoundError(
            f"no plugin offers {', '.join(map(repr, strange))}" if strange else "no method was named",
            expected=f"{SHAP}, or one of " + ", ".join(sorted(known)),
        )
    _check_options(chosen)
    return replace(bare, methods=chosen, model=model)


def inputs_of(predictor: Predictor | None) -> tuple[str, ...] | None:
    """The columns that a model says it reads, as trained models and packages do."""
    found = getattr(predictor, "signature", None)
    signature = found() if callable(found) else found
    names = getattr(signature, "names", None)
    return None if names is None else tuple(names)


def constraints_of(plain: Mapping[str, Any]) -> Constraints:
    """Constraints from JSON, where pairs and names are lists.

    Raises:
        InputError: If a name is not one of theirs.
    """
    given: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in plain.items()}
    try:
        return Constraints(**given)
    except TypeError as error:
        raise InputError(
            f"these are no constraints: {error}", expected="immutable, rising, falling, within and among"
        ) from error


def _best_shap(
    bare: Explainer, predictor: Predictor | None, options: Mapping[str, Any]
) -> tuple[dict[str, Any], Predictor | None]:
    """How to get Shapley values: by reading the model where that can be done, by asking it otherwise."""
    first = bare.background.rows(0, 1)
    known = offers("explainers")
    # The answer may be a sum as a probability or as log-odds only.
    scales: tuple[Scale | None, ...] = (None, "logit") if bare.scale is None else (bare.scale,)
    readable = [name for name in _LOOKS_INSIDE if name in known]
    if predictor is not None and hasattr(predictor, "save"):
        for method, scale in itertools.product(readable, scales):
            inside = {"background_rows": READ_ROWS, **options, "method": method, "inside": True}
            inside |= {} if scale is None else {"scale": scale}
            try:
                _check_options({SHAP: inside})
                replace(bare, methods={SHAP: inside}, model=predictor).explain(predictor, first)
            except MainspringError:
                continue  # it cannot be read so, or not with these options
            return inside, predictor
    players = len(bare.features)
    told = {"background_rows": SHAP_ROWS, **options, "method": "kernel_shap"}
    if (1 << min(players, 20)) - 2 > SHAP_COALITIONS:
        told = {"coalitions": max(SHAP_COALITIONS, 4 * players), **told}
    return told, None


def _check_options(methods: Mapping[str, Mapping[str, Any]]) -> None:
    """See that methods take their options, and that JSON can keep them."""
    for name, options in methods.items():
        function = load_plugin("explainers", options["method"])
        known = {*inspect.signature(function).parameters, *_OWN} - {"asked", "rows", "background", "seed"}
        strange = sorted(options.keys() - known)
        if strange:
            raise InputError(
                f"{name} takes no {', '.join(map(repr, strange))}",
                expected="options among " + ", ".join(sorted(known)),
            )
    try:
        canonical(methods)
    except TypeError as error:
        raise InputError(f"the options of a method are kept as JSON: {error}") from error


def _tightest(first: Budget, second: Budget) -> Budget:
    def least(one: Any, other: Any) -> Any:
        return other if one is None else one if other is None else min(one, other)

    return Budget(
        calls=least(first.calls, second.calls),
        rows=least(first.rows, second.rows),
        seconds=least(first.seconds, second.seconds),
    )


def _left(limit: Budget, spent: Spent) -> Budget:
    """What the next row may spend.

    Raises:
        BudgetError: If no time is left.
    """
    if limit.seconds is not None and spent.seconds >= limit.seconds:
        raise BudgetError(
            f"the explanations need more than their budget of {limit.seconds:g} seconds",
            fix="raise the budget, or explain fewer rows at a time",
        )
    return Budget(
        calls=None if limit.calls is None else limit.calls - spent.calls,
        rows=None if limit.rows is None else limit.rows - spent.rows,
        seconds=None if limit.seconds is None else limit.seconds - spent.seconds,
    )


def _added(first: Spent, second: Spent) -> Spent:
    return Spent(
        calls=first.calls + second.calls,
        rows=first.rows + second.rows,
        remembered=first.remembered + second.remembered,
        seconds=first.seconds + second.seconds,
    )
