"""The table of metrics."""

from mainspring.evaluation.viewing.metrics import metric_rows, split_metrics


def test_the_main_metric_comes_first_and_changes_have_a_tone(judged) -> None:
    evaluation, baseline = judged([0.1, 0.9, 0.8, 0.9]), judged([0.1, 0.9, 0.1, 0.9])
    first = metric_rows(evaluation, baseline, "accuracy")[0]
    assert (first.key, first.value, first.baseline, first.change, first.tone) == (
        "accuracy", "0.75", "1", "\u22120.25", "worse",
    )  # fmt: skip
    assert first.hint == "the share of rows with the right class"
    assert "<svg" in first.bar


def test_what_does_not_exist_says_why(nothing) -> None:
    rows = {row.key: row for row in metric_rows(nothing, None, "accuracy")}
    assert (rows["accuracy"].value, rows["accuracy"].reason) == ("\u2014", "there are no rows with a label")
    assert rows["accuracy"].bar == ""


def test_of_many_metrics_the_rare_ones_are_folded_but_never_what_was_asked_for(judged) -> None:
    rows = metric_rows(judged([0.1, 0.9, 0.8, 0.9]), None, "auc")
    first, more = split_metrics(rows, ["fowlkes_mallows"])
    assert first[0].key == "auc"
    assert "fowlkes_mallows" in {row.key for row in first}
    assert "markedness" in {row.key for row in more}
    assert len(first) + len(more) == len(rows)
    assert split_metrics(rows[:5]) == (rows[:5], [])
