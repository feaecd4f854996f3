"""Augmentation: what is made, that it is marked, and that other splits never change."""

from __future__ import annotations

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Examples, Table, steps
from mainspring.data.transforms.augmentation import METHODS, augment, augment_images

OPTIONS = {
    "drop_words": {"columns": ["note"], "rate": 0.5},
    "swap_words": {"columns": ["note"]},
    "synonyms": {"columns": ["note"], "rate": 1.0, "synonyms": {"quick": ["fast", "swift"]}},
}


def table_of(rows, seed):
    random = np.random.default_rng(seed)
    rare = np.arange(rows) % 10 == 0
    x = random.normal(size=rows) + 4.0 * rare
    return Table.from_columns(
        {
            "x": [None if row % 17 == 5 else value for row, value in enumerate(x.tolist())],
            "n": (random.integers(0, 50, rows) + 100 * rare).tolist(),
            "word": [("red" if one else "blue") if row % 4 else "green" for row, one in enumerate(rare)],
            "note": [None if row % 9 == 2 else f"the quick brown fox {row}" for row in range(rows)],
            "label": ["rare" if one else "often" for one in rare],
        }
    )


@pytest.fixture
def examples():
    return Examples(
        splits={"train": table_of(200, 0), "eval": table_of(60, 1)},
        origins={"train": np.arange(1000, 1200), "eval": np.arange(1, 61)},
        source="by hand",
    )


def rows_of(table):
    return [tuple(row.values()) for row in table.iter_rows()]


@pytest.mark.parametrize("method", METHODS)
def test_other_splits_stay_as_they_are(examples, method):
    found = augment(examples, method, label="label", seed=3, **OPTIONS.get(method, {}))
    assert found.split("eval").digest() == examples.split("eval").digest()
    assert np.array_equal(found.origins["eval"], examples.origins["eval"])
    held_out = set(rows_of(examples.split("eval")))
    assert not held_out & set(rows_of(found.split("train")))
    assert found.split("train").columns == examples.split("train").columns
    again = augment(examples, method, label="label", seed=3, **OPTIONS.get(method, {}))
    assert again.split("train").digest() == found.split("train").digest()
    if method != "fewer":
        assert found.split("train").rows(0, 200).digest() == examples.split("train").digest()
        assert len(found.split("train")) > 200


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"fewer"}))
def test_made_rows_are_marked(examples, method, tmp_path):
    found = augment(examples, method, label="label", seed=3, **OPTIONS.get(method, {}))
    origins = found.origins["train"]
    assert len(origins) == len(found.split("train"))
    assert np.array_equal(origins[:200], np.arange(1000, 1200))
    assert ((origins[200:] <= -1000) & (origins[200:] > -1200)).all()
    labels = found.split("train").to_columns()["label"]
    if method != "mixup":
        assert [labels[-origin - 1000] for origin in origins[200:]] == labels[200:]
    found.save(tmp_path)
    assert np.array_equal(Examples.load(tmp_path).origins["train"], origins)


@pytest.mark.parametrize("method", ["copies", "smote", "adasyn"])
def test_classes_become_even(examples, method):
    def counts(found):
        labels = found.split("train").to_columns()["label"]
        return labels.count("rare"), labels.count("often")

    assert counts(examples) == (20, 180)
    assert counts(augment(examples, method, label="label")) == (180, 180)
    assert counts(augment(examples, method, label="label", ratio=0.5)) == (90, 180)
    assert counts(augment(examples, method, label="label", ratio={"rare": 33})) == (33, 180)


def test_new_rows_lie_between_rows_of_their_class(examples):
    found = augment(examples, "smote", label="label", seed=1).split("train")
    old, new = found.rows(0, 200).where("label = 'rare'"), found.rows(200, 360)
    for name in ("x", "n"):
        assert np.nanmin(old.column(name)) <= np.nanmin(new.column(name))
        assert np.nanmax(new.column(name)) <= np.nanmax(old.column(name))
    assert len(set(new.to_columns()["n"])) > 20
    assert all(isinstance(value, int) for value in new.to_columns()["n"])
    assert set(new.to_columns()["word"]) <= set(old.to_columns()["word"])


def test_two_points_and_what_lies_between_by_hand():
    table = Table.from_columns(
        {"x": [0.0, 1.0, 9.0, 9.5, 9.7], "y": [0.0, 2.0, 5.0, 5.0, 5.0], "c": list("aabbb")}
    )
    found = augment(Examples(splits={"train": table}), "smote", label="c", ratio={"a": 12}, neighbours=1)
    made = found.split("train").rows(5, 15)
    assert made.column("y") == pytest.approx(2 * made.column("x"))
    assert ((made.column("x") >= 0) & (made.column("x") <= 1)).all()
    assert set(found.origins["train"][5:]) == {-1, -2}


def test_adaptive_rows_come_where_other_classes_are_near():
    random = np.random.default_rng(0)
    x = np.concatenate([random.normal(0, 0.1, 10), random.normal(10, 0.1, 10), random.normal(0, 0.1, 100)])
    table = Table.from_columns({"x": x, "c": ["a"] * 20 + ["b"] * 100})
    made = augment(Examples(splits={"train": table}), "adasyn", label="c").split("train").rows(120, 200)
    assert (made.column("x") < 5).all()


def test_frequent_classes_are_thinned(examples):
    found = augment(examples, "fewer", label="label", ratio=2.0)
    labels = found.split("train").to_columns()["label"]
    assert (labels.count("rare"), labels.count("often")) == (20, 40)
    kept = found.origins["train"]
    assert (np.diff(kept) > 0).all()
    everything = rows_of(examples.split("train"))
    assert rows_of(found.split("train")) == [everything[place - 1000] for place in kept]


def test_noise_and_mixtures(examples):
    train = examples.split("train")
    noisy = augment(examples, "noise", share=0.5, size=0.01).split("train").rows(200, 300)
    assert np.nanstd(noisy.column("x")) == pytest.approx(np.nanstd(train.column("x")), rel=0.3)
    mixed = augment(examples, "mixup", label="label", alpha=1.0).split("train").rows(200, 400)
    assert np.nanmin(train.column("x")) <= np.nanmin(mixed.column("x"))
    assert np.nanmax(mixed.column("x")) <= np.nanmax(train.column("x"))
    numbers = Table.from_columns({"x": [0.0, 1.0], "y": [0.0, 10.5]})
    found = augment(Examples(splits={"train": numbers}), "mixup", label="y", share=20.0).split("train")
    assert found.column("y") == pytest.approx(10.5 * found.column("x"))


def test_texts(examples):
    def notes(method, **options):
        made = augment(examples, method, columns=["note"], **options).split("train").rows(200, 400)
        return [note for note in made.to_columns()["note"] if note is not None]

    words = {"the", "quick", "brown", "fox"}
    assert all(1 <= len(note.split()) <= 5 for note in notes("drop_words", rate=0.9))
    swapped = [note.split() for note in notes("swap_words", rate=0.0)]
    straight = [[*["the", "quick", "brown", "fox"], str(row)] for row in range(200)]
    assert all(words <= set(note) and note not in straight for note in swapped)
    replaced = notes("synonyms", rate=1.0, synonyms={"quick": ["fast", "swift"]})
    assert {note.split()[1] for note in replaced} == {"fast", "swift"}
    assert len(augment(examples, "drop_words", columns=["note"], share=0.1).split("train")) == 220


def test_pictures():
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (20, 8, 6, 3)).astype(np.uint8)
    for method in ("flip", "shift", "crop", "brightness"):
        found = augment_images(pictures, [method], strength=0.3, seed=1)
        assert found.shape == pictures.shape
        assert found.dtype == np.uint8
        assert np.array_equal(found[:5], augment_images(pictures[:5], [method], strength=0.3, seed=1))
        assert not np.array_equal(found, pictures)
    flipped = augment_images(pictures, ["flip"], seed=1)
    for one, other in zip(flipped, pictures, strict=True):
        assert np.array_equal(one, other) or np.array_equal(one[:, ::-1], other)
    grey = augment_images(random.random((4, 5, 5)), ["brightness"], strength=1.0)
    assert 0 <= grey.min() <= grey.max() <= 1
    with pytest.raises(InputError, match="'rotate'"):
        augment_images(pictures, ["rotate"])
    with pytest.raises(InputError, match="shape"):
        augment_images(pictures[0, 0])


@pytest.mark.parametrize(
    ("method", "options", "words"),
    [
        ("smoot", {}, "there is no method 'smoot'"),
        ("smote", {"share": 1.0}, "smote has no option 'share'"),
        ("copies", {"label": None}, "no label"),
        ("copies", {"label": "lable"}, "no label column 'lable'"),
        ("copies", {"ratio": 3.0}, "a ratio of 3.0"),
        ("copies", {"ratio": {"none": 3}}, "no class 'none'"),
        ("copies", {"ratio": {"rare": 3}}, "has more than 3 rows"),
        ("smote", {"label": "note"}, "is missing in rows"),
        ("fewer", {"ratio": 0.5}, "a ratio of 0.5"),
        ("drop_words", {}, "no columns of text are named"),
        ("drop_words", {"columns": ["x"]}, "no columns of text: x"),
        ("drop_words", {"columns": ["note"], "rate": 2.0}, "a rate of 2.0"),
        ("synonyms", {"columns": ["note"]}, "synonyms are lacking"),
    ],
)
def test_what_is_refused(examples, method, options, words):
    with pytest.raises(InputError, match=words):
        augment(examples, method, **{"label": "label", **options})


def test_a_class_with_one_row_is_told():
    table = Table.from_columns({"x": [1.0, 2.0, 3.0], "c": ["a", "b", "b"]})
    with pytest.raises(InputError, match="class 'a' has a single row"):
        augment(Examples(splits={"train": table}), "smote", label="c")
    words = Table.from_columns({"w": ["p", "q", "r"], "c": ["a", "b", "b"]})
    with pytest.raises(InputError, match="no column of numbers"):
        augment(Examples(splits={"train": words}), "smote", label="c")


def test_as_a_step(examples):
    found = steps.augment(examples, method="smote", label="label", options={"ratio": 0.5}, seed=2)
    expected = augment(examples, "smote", label="label", ratio=0.5, seed=2)
    assert found.split("train").digest() == expected.split("train").digest()
