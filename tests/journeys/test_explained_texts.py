"""Spam in comments: a model of words, its words highlighted in place, and the words that are enough."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from mainspring.data import Table
from mainspring.evaluation import Predictions, evaluate
from mainspring.evaluation.explanation import Asked
from mainspring.evaluation.explanation.anchors import text_anchors
from mainspring.evaluation.explanation.highlights import highlight
from mainspring.evaluation.explanation.plots import explanation_page

VIDEOS = ("Psy", "KatyPerry", "LMFAO", "Eminem", "Shakira")


class Comments:
    """A model that reads one column of text."""

    def __init__(self, table: Table) -> None:
        words = TfidfVectorizer(sublinear_tf=True)
        self._fitted = make_pipeline(words, LogisticRegression(C=10)).fit(
            table.column("CONTENT"), table.column("CLASS")
        )

    def predict(self, table: Table) -> Predictions:
        """The chance of spam."""
        return self.predict_columns({"CONTENT": table.column("CONTENT")})

    def predict_columns(self, columns: dict[str, np.ndarray]) -> Predictions:
        """The same from columns, where a missing comment says nothing."""
        texts = ["" if text is None else text for text in columns["CONTENT"]]
        return Predictions(("ham", "spam"), self._fitted.predict_proba(texts))


@pytest.mark.slow
def test_the_words_of_spam(shared: Callable[..., Path], tmp_path: Path) -> None:
    files = [shared("text", f"Youtube0{place}-{who}.csv.gz") for place, who in enumerate(VIDEOS, start=1)]
    parts = [Table.read_csv(file).select(["CONTENT", "CLASS"]) for file in files]
    training = parts[0].concat(parts[1]).concat(parts[2]).concat(parts[3])
    test = Table.from_columns(
        {
            "CONTENT": parts[4].column("CONTENT"),
            "CLASS": np.where(parts[4].column("CLASS") == 1, "spam", "ham").tolist(),
        }
    )
    model = Comments(training)
    assert evaluate(model, test, label="CLASS", positive="spam").overall["accuracy"] > 0.9
    asked = Asked.of(model, test.select(["CONTENT"]), output="spam")
    chance = asked(asked.columns(test))
    spam = np.argsort(-chance)[:25]
    rows = Table.from_rows(
        [row for place, row in enumerate(test.select(["CONTENT"]).iter_rows()) if place in set(spam.tolist())]
    )
    found = highlight(asked, rows, "CONTENT")
    for one in found:
        assert sum(one.weights) == pytest.approx(one.answer - one.base, abs=1e-9)
    strongest = {max(one.words, key=lambda pair: pair[1])[0].casefold() for one in found if one.words}
    assert strongest & {"subscribe", "check", "channel", "http", "video"}
    anchors = text_anchors(asked, rows.rows(0, 10), "CONTENT", corpus=test)
    assert sum(one.reached for one in anchors) >= 7
    assert all(one.at_least >= 0.95 for one in anchors if one.reached)
    explanation_page([*found[:8], *anchors[:8]], title="Spam in comments").save(tmp_path / "spam.html")
    page = (tmp_path / "spam.html").read_text(encoding="utf-8")
    assert page.count("<mark") > 20
    assert "<script>alert" not in page
