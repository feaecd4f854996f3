"""One door for every explanation of single answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring.core.plugins import load as load_plugin
from mainspring.evaluation.explanation.asking import Asked, Scale
from mainspring.evaluation.explanation.background import Background
from mainspring.evaluation.explanation.budgets import UNLIMITED, Budget
from mainspring.evaluation.explanation.shapley.kernel import ALL_UP_TO
from mainspring.evaluation.ports import Predictor

if TYPE_CHECKING:
    from mainspring.data import Table

AUTO = "auto"


def explain(
    predictor: Predictor,
    rows: Table,
    *,
    background: Background | Table,
    method: str = AUTO,
    output: str | None = None,
    scale: Scale | None = None,
    budget: Budget = UNLIMITED,
    seed: int = 0,
    **options: Any,
) -> Any:
    """Explain a model's answers to some rows.

    Args:
        predictor: The model, here or over a wire.
        rows: The rows whose answers are explained.
        background: What stands for the rest of the data: a sample, or a table to draw one from.
        method: A name that a plugin offers (hook ``mainspring_explainers``). ``"auto"``: exact Shapley values of
            up to twelve features, kernel SHAP of more.
        output: The class that is asked about; the positive one of two without it.
        scale: ``"probability"``, ``"logit"`` or ``"value"``.
        budget: The most that may be spent.
        seed: Of every random choice.
        **options: Of the method.

    Returns:
        What the method gives: :class:`~mainspring.evaluation.explanation.Attributions` for additive ones.

    Raises:
        NotFoundError: If there is no such method.
        BudgetError: If the budget was spent before there was an answer.
        InputError: If the question does not fit the model.
    """
    sample = background if isinstance(background, Background) else Background.of(background)
    asked = Asked.of(predictor, rows.select(list(sample.columns)), output=output, scale=scale, budget=budget)
    if method == AUTO:
        method = "exact_shapley" if len(sample.features) <= ALL_UP_TO else "kernel_shap"
    return load_plugin("explainers", method)(asked, rows, background=sample, seed=seed, **options)
