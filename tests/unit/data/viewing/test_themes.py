"""Figures of weights, texts and pairs of features, in short lines."""

import json

from mainspring.data import Table, summarize
from mainspring.data.viewing.forms import statistics_form
from mainspring.data.viewing.themes import association_lines, theme_lines

TABLE = Table.from_columns(
    {
        "size": [1.0, 3.0, None, 3.0] * 10,
        "kind": ["a", "b", "a", "b"] * 10,
        "note": ["a red box", "a blue box", "red", "box"] * 10,
        "times": [1, 3, 1, 1] * 10,
        "late": ["no", "yes", "no", "yes"] * 10,
    }
)


def test_weights_have_their_own_mean() -> None:
    told = dict(theme_lines(summarize(TABLE, weight="times").split("train").features["size"]))
    # (1·1 + 3·3 + 3·1) / 5 by weight; a sixth of the weight has no value.
    assert told["weighted mean"].startswith("2.6 ")
    assert told["weighted missing"] == "16.7 %"
    assert told["weighted by"] == "times"


def test_texts_have_tokens() -> None:
    told = dict(theme_lines(summarize(TABLE, text=["note"]).split("train").features["note"]))
    assert told["tokens per text"] == "1 to 3, 2 on average"
    assert told["most frequent"].startswith("box")


def test_a_feature_that_tells_the_label_says_so() -> None:
    table = summarize(TABLE, label="late").split("train")
    told = dict(association_lines(table, "kind"))
    assert told["Theil's U"] == "1"
    assert association_lines(table, "late") == []
    assert association_lines(summarize(TABLE).split("train"), "kind") == []


def test_pairs_are_plain_json() -> None:
    form = json.loads(json.dumps(statistics_form(summarize(TABLE, label="late", weight="times"))))
    assert form["crosses"]["label"] == "late"
    assert form["crosses"]["associations"]["kind"]["theils_u"] == 1
    assert form["weight"] == "times"
    assert form["num_examples_weighted"] == 60
