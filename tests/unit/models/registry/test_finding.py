"""Tags, notes, search, retention, and two versions side by side."""

from __future__ import annotations

import pytest

from mainspring.core.errors import InputError, NotFoundError, StateError
from mainspring.core.records import Artifact, Context, Execution, ExecutionState, Kind, LinkKind, NodeType
from mainspring.models.registry import Policy, Registry
from mainspring.models.registry.facts import question
from mainspring.models.registry.ledger import FACTS, MODEL
from mainspring.models.signature import Field
from mainspring.models.versions import Version
from mainspring.store.ports import Edge


@pytest.fixture
def filled(registry, bare):
    """Two models with three and two versions."""
    for number in range(3):
        registry.register(
            bare(number), name="taxi", metrics={"accuracy": 0.85 + number / 20, "f1": 0.5}, alias="production"
        )
    for number in range(3, 5):
        registry.register(
            bare(number, label="tip"), name="bus", metrics={"accuracy": 0.95}, author="ann", tags={"team": "risk"}
        )
    registry.tag("taxi", "1.1.0", tags={"team": "risk", "cost-centre": "7"}, by="ann")
    registry.tag("taxi", tags={"country": "CH"}, by="ann")
    return registry


def found(registry, where, **values):
    return [str(one) for one in registry.search(where, values)]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("accuracy > 0.9 and tag.team = 'risk'", ["bus:1.0.0", "bus:1.0.1"]),
        ("metric.accuracy >= 0.9 AND tag.team = 'risk'", ["bus:1.0.0", "bus:1.0.1", "taxi:1.1.0"]),
        ("tag.`cost-centre` = '7'", ["taxi:1.1.0"]),
        ("name = 'taxi' AND NOT accuracy > 0.9", ["taxi:1.0.0", "taxi:1.1.0"]),
        ("alias.production = TRUE", ["taxi:1.2.0"]),
        ("param.depth IN (1, 4)", ["bus:1.0.1", "taxi:1.1.0"]),
        ("author = 'ann' AND version = '1.0.0'", ["bus:1.0.0"]),
        ("label = 'tip' OR f1 IS NULL", ["bus:1.0.0", "bus:1.0.1"]),
        ("model.tag.country = 'CH' AND estimator LIKE 'Tr%' AND accuracy < 0.9", ["taxi:1.0.0"]),
        ("tag.team IS NULL", ["taxi:1.0.0", "taxi:1.2.0"]),
        ("created_at > '2020-01-01'", ["bus:1.0.0", "bus:1.0.1", "taxi:1.0.0", "taxi:1.1.0", "taxi:1.2.0"]),
        ("", ["bus:1.0.0", "bus:1.0.1", "taxi:1.0.0", "taxi:1.1.0", "taxi:1.2.0"]),
    ],
)
def test_search(filled, where, expected):
    assert found(filled, where) == expected


def test_search_with_values_and_after_a_move(filled):
    assert found(filled, "tag.team = :team AND accuracy > 0.94", team="risk") == ["bus:1.0.0", "bus:1.0.1"]
    filled.rollback("taxi", by="ann", reason="errors")
    assert found(filled, "alias.production = TRUE") == ["taxi:1.1.0"]
    filled.bless(filled.resolve("taxi:1.0.0"), by="ann", reason="fine")
    assert found(filled, "blessed = TRUE") == ["taxi:1.0.0"]
    filled.tag("taxi", "1.1.0", tags={"team": None}, by="ann")
    assert found(filled, "tag.team = 'risk' AND name = 'taxi'") == []


@pytest.mark.parametrize("where", ["accuracy >", "tag.team = ", "shoe.size = 4", "accuracy > 0.9 extra"])
def test_a_question_that_cannot_be_read(filled, where):
    with pytest.raises(InputError):
        filled.search(where)


def test_the_words_of_a_question():
    assert question("accuracy > 0.9 and (tag.team = 'name' or version != '1.0.0')") == (
        "custom.`metric.accuracy` > 0.9 and (custom.`tag.team` = 'name' or properties.version != '1.0.0')"
    )
    assert question("model.tag.a = 'b' AND model.description LIKE '%x%'") == (
        "parents.model.custom.`tag.a` = 'b' AND parents.model.custom.description LIKE '%x%'"
    )


def test_versions_from_before_are_found_too(filled, opened):
    """A record that was written before versions were searched for: it is read once, and then searched."""
    filled.bless(filled.resolve("bus:1.0.1"), by="ann", reason="fine")
    record = opened()[0]
    for one in record.find(Kind.CONTEXT, "type = :type", {"type": FACTS}).items:
        record.delete(Kind.CONTEXT, [one.id])
    for name in ("taxi", "bus"):
        record.publish([Context(type=MODEL, name=name, custom={"facts": None})])
    assert found(filled, "accuracy > 0.94 AND task = 'classification'") == ["bus:1.0.0", "bus:1.0.1", "taxi:1.2.0"]
    assert found(filled, "alias.production = TRUE") == ["taxi:1.2.0"]
    assert found(filled, "blessed = TRUE") == ["bus:1.0.1"]


def test_tags_notes_and_descriptions(filled):
    assert filled.facts("taxi", "1.1.0").tags == {"cost-centre": "7", "team": "risk"}
    assert filled.facts("taxi").tags == {"country": "CH"}
    filled.describe("taxi", text="Tips of taxi rides", by="ann")
    filled.describe("taxi", "1.1.0", text="with weather", by="ann")
    filled.note("taxi", "1.1.0", text="slow on Mondays", by="bob")
    assert filled.facts("taxi").description == "Tips of taxi rides"
    assert filled.facts("taxi", "1.1.0").as_dict()["description"] == "with weather"
    assert [(str(one.version or ""), one.text, one.by) for one in filled.notes("taxi")] == [
        ("1.1.0", "tag team = risk, cost-centre = 7", "ann"),
        ("", "tag country = CH", "ann"),
        ("", "description: Tips of taxi rides", "ann"),
        ("1.1.0", "description: with weather", "ann"),
        ("1.1.0", "slow on Mondays", "bob"),
    ]
    assert len(filled.notes("taxi", "1.1.0")) == 3
    assert "1.1.0 note by bob: slow on Mondays" in str(filled.notes("taxi")[-1])
    with pytest.raises(NotFoundError, match=r"no version 9\.0\.0"):
        filled.tag("taxi", "9.0.0", tags={"a": "b"}, by="ann")
    with pytest.raises(InputError, match="cannot name a tag"):
        filled.tag("taxi", tags={"a b": "c"}, by="ann")


def test_retention_plans_first(registry, bare):
    for number in range(8):
        registry.register(bare(number), name="taxi", alias="production")
    registry.move("taxi", "champion", "1.0.1", by="ann", reason="the best")
    registry.request("taxi", "1.0.2", to="staging", by="ann")
    plan = registry.retention("taxi", keep_last=1, in_use={"taxi:1.0.3"})
    assert [str(one.version) for one in plan.archived] == ["1.0.0", "1.0.4", "1.0.5"]
    assert {str(one): why for one, why in plan.kept.items()} == {
        "1.0.1": ("champion points at it",),
        "1.0.2": ("its promotion to staging is asked for",),
        "1.0.3": ("it is served",),
        "1.0.6": ("a rollback of production goes back to it",),
        "1.0.7": ("it is one of the last 1", "production points at it"),
    }
    assert plan.dry_run
    assert registry.archived("taxi") == frozenset()
    done = registry.retention("taxi", keep_last=1, in_use={"taxi:1.0.3"}, by="ann", dry_run=False)
    assert done.archived == plan.archived
    assert registry.archived("taxi") == {Version(1, 0, 0), Version(1, 0, 4), Version(1, 0, 5)}
    assert [str(one) for one in registry.search("archived = TRUE")] == ["taxi:1.0.0", "taxi:1.0.4", "taxi:1.0.5"]
    again = registry.retention("taxi", keep_last=1, in_use={"taxi:1.0.3"}, dry_run=False)
    assert again.archived == ()
    assert again.gone == plan.archived
    with pytest.raises(StateError, match="it is archived"):
        registry.promote("taxi", "1.0.4", to="staging", by="ann", comment="try")
    with pytest.raises(StateError, match="is archived"):
        registry.move("taxi", "champion", "1.0.4", by="ann", reason="try")


def test_retention_by_age_and_its_limits(registry, bare):
    for number in range(3):
        registry.register(bare(number), name="taxi")
    assert registry.retention("taxi", keep_last=1, older_than=1).archived == ()
    assert len(registry.retention("taxi", keep_last=1, older_than=0).archived) == 2
    assert len(registry.retention("taxi", keep_last=1, keep_aliased=False).archived) == 2
    with pytest.raises(InputError, match="the newest version always stays"):
        registry.retention("taxi", keep_last=0)
    with pytest.raises(NotFoundError, match="no model is registered as 'bus'"):
        registry.retention("bus")


def test_two_versions_side_by_side(opened, bare):
    record, blobs = opened()
    registry = Registry(record, blobs, policies=[Policy(environment="production")])
    for kind, name in ((Kind.ARTIFACT, "mainspring.Code"), (Kind.EXECUTION, "Step")):
        record.put_type(NodeType(kind=kind, name=name))
    before = bare(
        0, data={"train": "sha256:" + "1" * 64}, environment={"python": "3.11.9"}, requirements=["numpy==2.0"]
    )
    after = bare(
        1,
        data={"train": "sha256:" + "2" * 64},
        environment={"python": "3.12.1"},
        fields=[Field("fare", "FP64")],
    )
    for package, text in ((before, b"a = 1\nb = 2\n"), (after, b"a = 1\nb = 3\n")):
        version = registry.register(package, name="taxi", metrics={"auc": 0.8, "rmse": 2.0 + len(text) / 12})
        digest = blobs.put_bytes(text)
        code = Artifact(type="mainspring.Code", digest=digest, uri=f"blob:{digest}")
        step = Execution(type="Step", state=ExecutionState.COMPLETE)
        where = "type = 'mainspring.Package' AND digest = :digest"
        made = record.find(Kind.ARTIFACT, where, {"digest": version.digest}).items[0]
        record.publish([code, step], [Edge(LinkKind.INPUT, code, step, "code"), Edge(LinkKind.OUTPUT, step, made)])
    seen = registry.compare("taxi", "1.0.0", "latest")
    assert (str(seen.before.version), str(seen.after.version)) == ("1.0.0", "2.0.0")
    assert [line for line in seen.code_diff if line[0] in "+-" and line[1] not in "+-"] == ["-b = 2", "+b = 3"]
    assert [str(one) for one in seen.data] == ["train: 111111111111 → 222222222222"]
    assert [str(one) for one in seen.parameters] == ["params.depth: 0 → 1 (+1)"]
    assert [(one.name, one.way) for one in seen.metrics] == [("auc", "same"), ("rmse", "same")]
    assert [str(one) for one in seen.environment] == ["numpy: 2.0 → nothing", "python: 3.11.9 → 3.12.1"]
    assert [one.name for one in seen.size] == ["package", "model.onnx", "package.json", "signature.json"]
    assert [one.message for one in seen.signature] == ["column 'city' is not read any more"]
    assert set(seen.as_dict()) >= {"name", "before", "after", "code", "code_diff", "data", "schema", "metrics"}


@pytest.mark.parametrize(
    ("metric", "before", "after", "way"),
    [
        ("auc", 0.8, 0.9, "better"),
        ("rmse", 2.0, 3.0, "worse"),
        ("rmse", 3.0, 2.0, "better"),
        ("count", 1.0, 2.0, "changed"),
    ],
)
def test_a_metric_has_a_direction(registry, bare, metric, before, after, way):
    registry.register(bare(0), name="taxi", metrics={metric: before})
    registry.register(bare(1), name="taxi", metrics={metric: after})
    names = [str(one.version) for one in registry.versions("taxi")]
    (found,) = registry.compare("taxi", *names).metrics
    assert (found.way, found.difference) == (way, pytest.approx(after - before))
