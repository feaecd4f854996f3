"""The registry, over the stores in memory and on SQLite."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from mainspring.core.errors import InputError, NotFoundError, StateError
from mainspring.core.records import Artifact, Direction, Execution, ExecutionState, Kind, LinkKind, NodeType
from mainspring.models.packaging import build
from mainspring.models.registry import ModelVersion, Registry
from mainspring.models.signature import Field, Signature
from mainspring.models.training import train
from mainspring.models.versions import Version
from mainspring.store.ports import Edge


@pytest.fixture(scope="module")
def packages(tables, transforms):
    """Eight different packages with one signature."""
    return [
        build(
            train(
                tables["binary"].rows(0, 100),
                transforms["binary", "filled"],
                estimator="LogisticRegression",
                params={"C": 0.5 + place, "max_iter": 500},
            ),
            tables["binary"].rows(0, 50),
        )
        for place in range(8)
    ]


def test_versions_rise_by_the_rule(registry, packages):
    first = registry.register(packages[0], name="taxi", metrics={"auc": 0.8}, author="ann", reason="a start")
    better = registry.register(packages[1], name="taxi", metrics={"auc": 0.9})
    worse = registry.register(packages[2], name="taxi", metrics={"auc": 0.85})
    other = registry.register(packages[3], name="other")
    assert [str(one.version) for one in (first, better, worse, other)] == ["1.0.0", "1.1.0", "1.1.1", "1.0.0"]
    assert better.why == "MINOR: auc 0.8 → 0.9"
    assert worse.why == "PIPELINE: the same signature; auc 0.9 → 0.85"
    assert (first.author, first.reason, first.why) == ("ann", "a start", "the first version")
    assert registry.versions("taxi") == (first, better, worse)
    assert registry.models() == ("other", "taxi")
    assert registry.versions("nobody") == ()


def test_a_lower_error_is_better(registry, packages):
    registry.register(packages[0], name="fares", metrics={"rmse": 3.0, "own": 1.0})
    assert registry.register(packages[1], name="fares", metrics={"rmse": 2.0, "own": 0.5}).version == Version(
        1, 1, 0
    )
    assert registry.register(packages[2], name="fares", metrics={"rmse": 1.0, "own": 0.4}, metric="own").why == (
        "PIPELINE: the same signature; own 0.5 → 0.4"
    )
    assert (
        registry.register(packages[3], name="fares").why
        == "PIPELINE: the same signature; no figure of a main metric to compare"
    )


def test_another_signature_or_target_is_major(registry, packages):
    registry.register(packages[0], name="taxi", metrics={"auc": 0.8})
    fields = [*packages[1].signature.inputs, Field("weather", "BYTES")]
    signature = Signature.of(fields, classes=packages[1].signature.classes)
    changed = _with(packages[1], signature=signature)
    version = registry.register(changed, name="taxi", metrics={"auc": 0.9})
    assert (str(version.version), version.why) == ("2.0.0", "MAJOR: column 'weather' is new and required")
    back = registry.register(_with(packages[2], label="generous"), name="taxi")
    assert str(back.version) == "3.0.0"
    assert back.why == "MAJOR: it predicts 'generous', not 'label'; column 'weather' is not read any more"


def test_the_same_package_keeps_its_version(registry, packages):
    first = registry.register(packages[0], name="taxi", metrics={"auc": 0.8})
    registry.register(packages[1], name="taxi")
    assert registry.register(packages[0], name="taxi", metrics={"auc": 0.99}, author="bob") == first
    assert len(registry.versions("taxi")) == 2


def test_references(registry, packages):
    one, two = (registry.register(package, name="taxi") for package in packages[:2])
    assert registry.resolve("taxi") == two
    registry.move("taxi", "production", "1.0.0", by="ann", reason="tried")
    assert registry.resolve("taxi") == registry.resolve("taxi@production") == registry.resolve("taxi:1.0.0") == one
    assert registry.resolve("taxi:latest") == two
    for reference, words in {
        "taxi@champion": "no alias 'champion'",
        "taxi:9.0.0": "no version 9.0.0",
        "tax": "no model is registered as 'tax'",
    }.items():
        with pytest.raises(NotFoundError, match=words):
            registry.resolve(reference)
    with pytest.raises(InputError, match="is not a version"):
        registry.resolve("taxi:newest")


def test_packages_come_back(registry, packages, tables):
    version = registry.register(packages[0], name="taxi")
    package = registry.fetch(registry.resolve("taxi"))
    assert package == packages[0]
    assert package.predict(tables["binary"]) == packages[0].predict(tables["binary"])
    assert version.digest.startswith("sha256:")


def test_aliases_keep_their_history(registry, packages):
    for place, package in enumerate(packages[:3]):
        registry.register(package, name="taxi", alias="production", author="pipeline", reason=f"run {place}")
    registry.move("taxi", "champion", "1.0.0", by="ann", reason="the oldest")
    assert registry.aliases("taxi") == {"production": Version(1, 0, 2), "champion": Version(1, 0, 0)}
    history = registry.history("taxi", "production")
    assert [(str(move.before or ""), str(move.after), move.by, move.reason) for move in history] == [
        ("", "1.0.0", "pipeline", "run 0"),
        ("1.0.0", "1.0.1", "pipeline", "run 1"),
        ("1.0.1", "1.0.2", "pipeline", "run 2"),
    ]
    assert "production move 1.0.1 → 1.0.2 by pipeline: run 2" in str(history[-1])
    assert history[-1].as_dict()["at"] > 1.7e9
    assert len(registry.history("taxi")) == 4


def test_going_back_and_further_back(registry, packages):
    for package in packages[:3]:
        registry.register(package, name="taxi", alias="production")
    assert str(registry.rollback("taxi", by="ann", reason="errors since noon").version) == "1.0.1"
    assert str(registry.rollback("taxi", by="ann", reason="still").version) == "1.0.0"
    with pytest.raises(StateError, match="cannot go back"):
        registry.rollback("taxi", by="ann", reason="more")
    registry.move("taxi", "production", "1.0.2", by="ann", reason="mended")
    assert str(registry.rollback("taxi", by="ann", reason="not mended").version) == "1.0.0"
    assert [move.action for move in registry.history("taxi")][3:] == ["rollback", "rollback", "move", "rollback"]


def test_an_old_package_does_not_move_the_alias_again(registry, packages):
    for package in packages[:2]:
        registry.register(package, name="taxi", alias="production")
    registry.rollback("taxi", by="ann", reason="bad")
    registry.register(packages[1], name="taxi", alias="production")
    assert str(registry.resolve("taxi").version) == "1.0.0"


def test_blessings(registry, packages):
    version = registry.register(packages[0], name="taxi")
    assert registry.blessings(version) == ()
    registry.bless(version, by="ann", reason="signed off")
    registry.bless(version, by="bob", reason="a bias was found", ok=False)
    assert [(one.ok, one.by, one.reason) for one in registry.blessings(version)] == [
        (True, "ann", "signed off"),
        (False, "bob", "a bias was found"),
    ]


@pytest.mark.parametrize("name", ["", "a b", "a@b", "a:b", "../a", ".a"])
def test_names(registry, packages, name):
    with pytest.raises(InputError, match="cannot name a model"):
        registry.register(packages[0], name=name)
    if name:
        with pytest.raises(InputError, match="cannot name an alias"):
            registry.register(packages[0], name="taxi", alias=name)


def test_many_at_once_get_one_number_each(opened, packages):
    def register(place):
        registry = Registry(*opened())
        return registry.register(
            packages[place % 8], name="taxi", alias="production", metrics={"auc": place / 100}
        )

    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(register, range(16)))
    registry = Registry(*opened())
    versions = registry.versions("taxi")
    assert len(versions) == len({one.version for one in versions}) == len({one.digest for one in versions}) == 8
    assert {str(one) for one in given} == {str(one) for one in versions}
    history = registry.history("taxi", "production")
    assert [move.number for move in history] == list(range(1, 9))
    assert [move.after for move in history] == [one.version for one in versions]
    assert [move.before for move in history[1:]] == [move.after for move in history[:-1]]


def test_lineage_goes_from_the_version_to_the_data(opened, packages):
    """The package is in the record already, made by a step from data: registering links to it."""
    record, blobs = opened()
    registry = Registry(record, blobs)
    digest = registry._put(packages[0])
    for kind, name in ((Kind.ARTIFACT, "Data"), (Kind.ARTIFACT, "mainspring.Package"), (Kind.EXECUTION, "Step")):
        record.put_type(NodeType(kind=kind, name=name))
    data = Artifact(type="Data")
    step = Execution(type="Step", state=ExecutionState.COMPLETE)
    package = Artifact(type="mainspring.Package", digest=digest, uri=f"blob:{digest}")
    record.publish([data, step, package], [Edge(LinkKind.INPUT, data, step), Edge(LinkKind.OUTPUT, step, package)])
    version = registry.register(packages[0], name="taxi")
    found = record.find(Kind.ARTIFACT, "type = 'mainspring.ModelVersion' AND properties.version = '1.0.0'").items
    assert len(found) == 1
    above = record.lineage(Kind.ARTIFACT, [found[0].id], direction=Direction.UP).nodes.values()
    assert {node.type for node in above} == {
        "mainspring.ModelVersion",
        "mainspring.Registration",
        "mainspring.Package",
        "Step",
        "Data",
    }
    assert ModelVersion.load(blobs.local(found[0].digest)) == version
    registry.register(packages[1], name="taxi", in_step=True)
    assert len(record.find(Kind.ARTIFACT, "type = 'mainspring.ModelVersion'").items) == 1
    in_model = "contexts.m.type = 'mainspring.RegisteredModel' AND contexts.m.name = 'taxi'"
    assert len(record.find(Kind.ARTIFACT, f"type = 'mainspring.Package' AND {in_model}").items) == 2


def test_a_version_comes_back(tmp_path):
    version = ModelVersion(
        name="taxi",
        version=Version(1, 2, 3),
        digest="sha256:0",
        metrics={"b": 0.5, "auc": 0.9},
        why="x",
        author="y",
    )
    version.save(tmp_path)
    assert ModelVersion.load(tmp_path) == version
    assert set(version.properties()) == {"name", "version", "digest", "metrics", "why", "author", "reason"}


def _with(package, *, signature=None, label=None):
    """The package with another signature or another target."""
    files = dict(package.files.content)
    if signature is not None:
        files["signature.json"] = signature.to_json().encode()
    if label is not None:
        files["package.json"] = files["package.json"].replace(b'"label": "label"', f'"label": "{label}"'.encode())
    return type(package).from_files(replace(package.files, content=files))
