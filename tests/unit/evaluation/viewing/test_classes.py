"""Classes: who is taken for whom."""

from mainspring.evaluation.viewing.classes import class_rows, confusion_of, mistakes


def test_cells_have_their_share_of_the_true_class() -> None:
    found = confusion_of(["no", "yes"], [[30, 10], [0, 0]])
    assert found is not None
    assert [[(cell.text, cell.share, cell.right) for cell in row] for row in found.rows] == [
        [("30", 0.75, True), ("10", 0.25, False)],
        [("0", 0.0, False), ("0", 0.0, True)],
    ]
    assert found.rows[0][1].words == "10 rows of no answered yes"


def test_many_classes_are_a_picture_and_very_many_nothing() -> None:
    def matrix(size: int) -> list[list[float]]:
        return [[1.0] * size for _ in range(size)]

    names = [str(place) for place in range(300)]
    picture = confusion_of(names[:13], matrix(13))
    assert picture is not None
    assert not picture.rows
    assert picture.picture.startswith("<svg")
    assert confusion_of(names, matrix(300)) is None
    assert confusion_of([], []) is None


def test_mistakes_and_figures_of_each_class(three) -> None:
    assert mistakes(three) == [("c", "b", "10")]
    heads, rows = class_rows(three)
    assert heads[:3] == ["precision", "recall", "F1"]
    # b is answered twenty times and right ten times; c is never answered.
    assert [(row.name, row.rows, *(text for text, _ in row.cells[:3]), row.mistake) for row in rows] == [
        ("a", "10", "1", "1", "1", ""),
        ("b", "10", "0.5", "1", "0.6667", ""),
        ("c", "10", "\u2014", "0", "0", "b (100 %)"),
    ]


def test_two_classes_need_no_such_table(judged) -> None:
    evaluation = judged([0.1, 0.9, 0.8, 0.9])
    assert mistakes(evaluation) == []
    assert class_rows(evaluation) == ([], [])
