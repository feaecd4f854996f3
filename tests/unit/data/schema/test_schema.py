import pytest

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import ColumnType, DriftLimits, Feature, Schema


def schema(**changes):
    features = {
        "fare": Feature(name="fare", type=ColumnType.FLOAT, presence=0.99, drift=DriftLimits(jensen_shannon=0.3)),
        "kind": Feature(name="kind", type=ColumnType.STRING, domain=("a", "b"), min_domain_mass=0.95),
        "paid": Feature(name="paid", type=ColumnType.BOOL, absent_in=("SERVING",)),
    }
    return Schema(**{"features": features, "label": "paid", "min_examples": 5, **changes})


def test_environments():
    assert [feature.name for feature in schema().in_environment("TRAINING")] == ["fare", "kind", "paid"]
    assert [feature.name for feature in schema().in_environment("SERVING")] == ["fare", "kind"]
    with pytest.raises(InputError, match="no environment 'LAB'"):
        schema().in_environment("LAB")


def test_drift_limits_of_a_feature_stand_before_those_of_the_schema():
    assert schema().drift_limits("fare") == DriftLimits(0.1, 0.3)
    assert schema().drift_limits("kind") == DriftLimits(0.1, 0.1)


def test_features_by_name():
    assert schema().feature("fare").type is ColumnType.FLOAT
    with pytest.raises(NotFoundError):
        schema().feature("tip")
    assert schema().with_feature(Feature(name="tip", type=ColumnType.INT)).feature("tip").required


def test_saved_and_loaded(tmp_path):
    schema().save(tmp_path)
    assert Schema.load(tmp_path) == schema()
    assert (tmp_path / "schema.yaml").read_text(encoding="utf-8") == schema().to_text()
    assert schema().properties() == {"features": 3, "label": "paid"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"label": "tip"}, "label 'tip' is not among"),
        ({"features": {}}, "there are no features"),
        ({"max_examples": 3}, "larger than the largest"),
        ({"environments": ("TRAINING",)}, "absent_in names SERVING"),
        (
            {"features": {"x": Feature(name="x", type=ColumnType.INT, min=2, max=1)}, "label": None},
            "min 2 is larger",
        ),
        ({"features": {"x": Feature(name="x", type=ColumnType.STRING, max=1)}, "label": None}, "no min and max"),
        ({"features": {"x": Feature(name="x", type=ColumnType.INT, domain=("1",))}, "label": None}, "no domain"),
        (
            {"features": {"x": Feature(name="x", type=ColumnType.STRING, domain=("a", "a"))}, "label": None},
            "'a' more than once",
        ),
        (
            {"features": {"x": Feature(name="x", type=ColumnType.INT, presence=1.5)}, "label": None},
            "between 0 and 1",
        ),
    ],
)
def test_contradictions_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        schema(**changes)
