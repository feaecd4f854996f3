"""Assertions go with a model into its files, its package, its card and its digest; answers are held to them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mainspring.core import plugins
from mainspring.core.errors import InputError
from mainspring.data import Examples, Feature, Schema, Table, Transform
from mainspring.evaluation import evaluate
from mainspring.evaluation.assertions import Asserting, Assertion, own_answers
from mainspring.evaluation.steps import check_assertions
from mainspring.models import Model, Package, build, calibrate, declare_assertions, steps, train
from mainspring.models.mlflow_layout import PyfuncModel
from mainspring.models.package import FORMAT
from mainspring.models.registry import Registry
from mainspring.pipelines import File

RULES = [
    Assertion(name="minors", when="age < 18 and answer == 'yes'", action="block", message="of age only"),
    Assertion(name="rich", when="income > 90", action="override", answer="yes"),
    Assertion(name="unsure", when="score < 0.6"),
]
FILE = """\
assertions:
  - {name: minors, when: age < 18 and answer == 'yes', action: block, message: of age only}
  - {name: rich, when: income > 90, action: override, answer: yes}
  - {name: unsure, when: score < 0.6}
"""


def people(rows: int = 300, seed: int = 0) -> Table:
    random = np.random.default_rng(seed)
    age, income = random.integers(10, 80, rows), random.uniform(0, 100, rows).round(1)
    label = np.where(income + random.normal(0, 10, rows) > 50, "yes", "no")
    job = random.choice(["smith", "baker"], rows)
    columns = {"age": age.tolist(), "income": income.tolist(), "job": job.tolist(), "label": label.tolist()}
    return Table.from_columns(columns)


@pytest.fixture(scope="module")
def model() -> Model:
    table = people()
    schema = Schema(features={c.name: Feature(name=c.name, type=c.type) for c in table.columns}, label="label")
    return train(table, Transform.fit(table, schema), estimator="LogisticRegression")


@pytest.fixture(scope="module")
def package(model: Model) -> Package:
    return build(declare_assertions(model, RULES), people(seed=1))


def test_a_model_is_held_to_what_it_declares(model: Model) -> None:
    table = people(seed=2)
    declared = declare_assertions(model, RULES)
    own, found = declared.predict_own(table), declared.predict(table)
    assert own == model.predict(table)
    age, income = table.column("age"), table.column("income")
    wrong = (age < 18) & (own.labels == "yes")
    assert found.unanswered.tolist() == wrong.tolist()
    assert 0 < wrong.sum() < len(wrong)
    assert set(found.labels[(income > 90) & ~wrong]) == {"yes"}
    same = ~wrong & (income <= 90)
    assert np.array_equal(found.scores[same], own.scores[same])
    assert isinstance(declared, Asserting)
    assert own_answers(declared, table) == own
    assert declared.predict_columns({name: table.column(name) for name in ("age", "income", "job")}) == own


def test_a_package_answers_as_its_model(model: Model, package: Package) -> None:
    table = people(seed=2)
    declared = declare_assertions(model, RULES)
    assert package.assertions == tuple(RULES)
    assert package.parity.ok
    assert package.predict(table).labels.tolist() == declared.predict(table).labels.tolist()
    assert package.predict_own(table).labels.tolist() == model.predict(table).labels.tolist()
    assert evaluate(package, table, label="label").overall["blocked_share"] > 0


def test_they_are_saved_and_read(model: Model, package: Package, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    declare_assertions(model, RULES).save(tmp_path / "model")
    assert Model.load(tmp_path / "model").assertions == tuple(RULES)
    package.save(tmp_path / "package")
    loaded = Package.load(tmp_path / "package")
    assert loaded.assertions == tuple(RULES)
    assert loaded.properties()["assertions"] == 3
    assert json.loads(loaded.files.text("package.json"))["format"] == FORMAT
    assert not any(name.startswith("native") and "assertions" in name for name in loaded.files.names)


def test_without_assertions_nothing_changes(model: Model) -> None:
    table = people(seed=1)
    plain = build(model, table)
    assert "assertions.json" not in plain.files.names
    assert "Assertions" not in plain.card
    assert json.loads(plain.files.text("package.json"))["format"] == 1
    assert plain.properties()["assertions"] == 0
    assert "assertions.json" not in model.files().names
    assert declare_assertions(plain, []) is plain
    again = declare_assertions(declare_assertions(plain, RULES), [])
    kept = [name for name in plain.files.names if not name.startswith("MODEL_CARD")]
    assert [again.files.read(name) for name in kept] == [plain.files.read(name) for name in kept]
    assert "Assertions" not in again.card
    assert plain.predict(table).blocked is None


def test_a_package_may_declare_them_too(model: Model, package: Package, tmp_path: Path) -> None:
    (tmp_path / "assertions.yaml").write_text(FILE)
    plain = build(model, people(seed=1))
    declared = declare_assertions(plain, tmp_path / "assertions.yaml")
    assert declared.assertions == package.assertions
    assert declared.files.read("assertions.json") == package.files.read("assertions.json")
    given = build(model, people(seed=1), assertions=str(tmp_path / "assertions.yaml"))
    assert given.files.read_all() == package.files.read_all()
    other = declare_assertions(package, RULES[:2])
    assert other.files.read("assertions.json") != package.files.read("assertions.json")


def test_the_card_tells_of_them(package: Package) -> None:
    assert "## Assertions" in package.card
    assert "`age < 18 and answer == 'yes'`" in package.card
    assert "override with 'yes'" in package.card
    assert "of age only" in package.card
    assert "Assertions" in package.card_html


@pytest.mark.parametrize(
    ("when", "match"),
    [
        ("aeg < 18", "reads 'aeg'"),
        ("job == 3", "job is text"),
        ("answer == 'maybe'", "no class of the model"),
    ],
)
def test_what_does_not_fit_is_refused(model: Model, package: Package, when: str, match: str) -> None:
    wrong = [Assertion(name="wrong", when=when)]
    with pytest.raises(InputError, match=match):
        declare_assertions(model, wrong)
    with pytest.raises(InputError, match=match):
        declare_assertions(package, wrong)
    with pytest.raises(InputError, match=match):
        build(model, people(seed=1), assertions=wrong)


def test_what_is_done_after_training_keeps_them(model: Model) -> None:
    held = people(400, seed=3)
    declared = calibrate(declare_assertions(model, RULES), held, method="isotonic")
    assert declared.assertions == tuple(RULES)
    plain = calibrate(model, held, method="isotonic")
    assert declared.predict_own(held) == plain.predict(held)


def test_mlflow_is_answered_the_same(package: Package) -> None:
    rows = [
        {"age": 15, "income": 80.0, "job": "smith"},
        {"age": 30, "income": 95.0, "job": None},
        {"age": 30, "income": 10.0, "job": "baker"},
    ]
    found = PyfuncModel(package).predict(rows)
    label, *scores = found.values()
    assert label.tolist() == [None, "yes", "no"]
    assert [np.isnan(values).tolist() for values in scores] == [[True, False, False]] * 2


def test_the_steps_are_these_functions(model: Model, tmp_path: Path) -> None:
    (tmp_path / "assertions.yaml").write_text(FILE)
    examples = Examples(splits={"eval": people(seed=2)})
    further = {"name": "old", "when": "age > 70"}
    declared = steps.declare_assertions(model, File(str(tmp_path / "assertions.yaml")), assertions=[further])
    assert [one.name for one in declared.assertions] == ["minors", "rich", "unsure", "old"]
    package = steps.package(declared, examples)
    assert package.assertions == declared.assertions
    assert steps.declare_assertions(declared).assertions == ()
    verdict = check_assertions(package, examples, at_most={"minors": 0.0, "rich": 1.0, "unsure": 1.0, "old": 1.0})
    assert [one.subject for one in verdict.failures] == ["minors"]
    assert check_assertions(declared, examples, at_most=1.0)


def test_another_assertion_is_another_version(package: Package) -> None:
    registry = Registry(
        plugins.load("stores", "memory")("memory:"), plugins.load("blob_stores", "memory")("memory:")
    )
    first = registry.register(package, name="loans", author="ada")
    assert registry.register(package, name="loans", author="ada") == first
    stricter = declare_assertions(package, [*RULES, Assertion(name="old", when="age > 70")])
    second = registry.register(stricter, name="loans", author="ada")
    assert (str(first.version), str(second.version)) == ("1.0.0", "1.0.1")
    assert [one.name for one in registry.assertions(second)] == ["minors", "rich", "unsure", "old"]
    [item] = registry.compare("loans", "1.0.0", "1.0.1").assertions
    assert (item.name, item.before, item.after) == ("old", None, "old (flag where age > 70)")
    plain = registry.register(declare_assertions(package, []), name="loans", author="ada")
    assert registry.assertions(plain) == ()
