"""Answers from the record: latest, latest blessed, by span, by alias, curated files, imports."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, Self

import pytest

from mainspring.core.errors import InputError
from mainspring.core.records import Artifact, Direction, ExecutionState, Kind
from mainspring.core.verdicts import Verdict
from mainspring.pipelines import each, pipeline, step
from mainspring.pipelines.graph import select
from mainspring.pipelines.resolvers import (
    MODEL,
    MODEL_VERSION,
    PACKAGE,
    Resolving,
    _standing,
    by_alias,
    by_span,
    curated,
    import_artifact,
    latest,
    latest_blessed,
)


@dataclass(frozen=True)
class Fake:
    """An artifact that says of itself what it is."""

    ARTIFACT_TYPE: ClassVar[str] = "test.Fake"

    content: str

    def save(self, folder: Path) -> None:
        """One text file."""
        (folder / "fake.txt").write_text(self.content)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read it, picky as a parser."""
        text = (folder / "fake.txt").read_text()
        if "?" in text:
            raise InputError(
                "'?' is not allowed", where=f"fake.txt, line {text[: text.index('?')].count(chr(10)) + 1}"
            )
        return cls(text)


class Model(Fake):
    """It passes for a model."""

    ARTIFACT_TYPE: ClassVar[str] = MODEL


class Packed(Fake):
    """It passes for a package."""

    ARTIFACT_TYPE: ClassVar[str] = PACKAGE


class Version(Fake):
    """It passes for a registered version."""

    ARTIFACT_TYPE: ClassVar[str] = MODEL_VERSION


@dataclass(frozen=True)
class Spanned(Fake):
    """With a span."""

    ARTIFACT_TYPE: ClassVar[str] = "test.Spanned"

    span: int = 0
    version: int = 0

    def properties(self) -> Mapping[str, Any]:
        """To search by."""
        return {"span": self.span, "version": self.version}


@step
def train(word: str) -> Model:
    return Model(word)


@step
def register(model: Model) -> Version:
    return Version(f"version of {model.content}")


@step
def spanned(span: int, version: int = 1) -> Spanned:
    return Spanned(f"{span}.{version}", span, version)


@step
def look(model: Model | None) -> str:
    return "nothing" if model is None else model.content


@step
def look_span(found: Spanned | None) -> str:
    return "nothing" if found is None else found.content


def states(result: Any) -> dict[str, str]:
    """How each node ended, as words."""
    return {name: node.state.value for name, node in result.nodes.items()}


@pipeline
def newest(word: str = "a") -> None:
    look(latest(Model))
    train(word)


def test_the_latest_of_this_pipeline(place: Any) -> None:
    first = place.run(newest.build(word="a"))
    assert place.value(first, "look") == "nothing"
    assert place.value(place.run(newest.build(word="b")), "look") == "a"
    assert place.value(place.run(newest.build(word="b")), "look") == "b"

    @pipeline
    def other() -> None:
        look.named("here")(latest(Model))
        look.named("anywhere")(latest(Model, anywhere=True))
        look.named("picked")(latest(MODEL, where="digest = 'sha256:0'", anywhere=True))

    result = place.run(other.build())
    assert place.value(result, "here") == "nothing"
    assert place.value(result, "anywhere") == "b"
    assert place.value(result, "picked") == "nothing"


def test_the_latest_that_is_another(place: Any) -> None:
    @pipeline
    def comparing(word: str) -> None:
        model = train(word)
        look(latest(Model, other_than=model))

    assert place.value(place.run(comparing.build("a")), "look") == "nothing"
    assert place.value(place.run(comparing.build("b")), "look") == "a"
    again = place.run(comparing.build("b"))
    assert place.value(again, "look") == "a", "not itself, however often it is run"
    assert set(states(again).values()) == {"CACHED"}


@pipeline
def blessing(word: str, bless: bool) -> None:
    model = train(word)
    look(latest_blessed(model))
    if bless:
        register(model)


def test_the_latest_blessed(place: Any) -> None:
    assert place.value(place.run(blessing.build("a", False)), "look") == "nothing"
    assert place.value(place.run(blessing.build("b", True)), "look") == "nothing", "a was never registered"
    assert place.value(place.run(blessing.build("c", False)), "look") == "b"
    assert place.value(place.run(blessing.build("d", True)), "look") == "b", "c was never registered"
    again = place.run(blessing.build("d", True))
    assert place.value(again, "look") == "b", "other than the candidate"
    assert set(states(again).values()) == {"CACHED"}, "the same question has the same answer"
    assert place.value(place.run(blessing.build("b", True)), "look") == "d"


def test_a_blessed_model_that_was_deleted_is_passed_over(place: Any) -> None:
    place.run(blessing.build("a", True))
    last = place.run(blessing.build("b", True))
    place.stores.record.delete(Kind.ARTIFACT, [last.nodes["train"].outputs["result"].id])
    assert place.value(place.run(blessing.build("c", False)), "look") == "a"


@step
def register_packed(package: Packed) -> Version:
    return Version(f"version of {package.content}")


@step
def look_packed(package: Packed | None) -> str:
    return "nothing" if package is None else package.content


def test_the_package_of_the_latest_blessed(place: Any) -> None:
    @pipeline(name="packing")
    def packing(word: str, bless: bool) -> None:
        package = pack(train(word))
        look_packed(latest_blessed(package, wanted=Packed))
        if bless:
            register_packed(package)

    assert place.value(place.run(packing.build("a", True)), "look_packed") == "nothing"
    assert place.value(place.run(packing.build("b", False)), "look_packed") == "package of a"
    assert place.value(place.run(packing.build("c", True)), "look_packed") == "package of a", "b was not blessed"
    assert place.value(place.run(packing.build("c", True)), "look_packed") == "package of a", "not itself"


class Standing:
    """A registry that production was taken back in: it points to the second version again, after the third."""

    def standing(self, name: str) -> tuple[str, ...]:
        """The third is not among them."""
        assert name == "taxi"
        return ("2", "1")

    def history(self, name: str, alias: str) -> list[SimpleNamespace]:
        """Production went from the first to the third, and back to the second; the fourth it never pointed to."""
        assert (name, alias) == ("taxi", "production")
        return [SimpleNamespace(after=version) for version in ("1", "2", "3", "2")]


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        (["1", "2", "3"], ["2", "1"]),
        (["1", "2", "3", "4"], ["2", "1", "4"]),
        (["1", "3"], ["1"]),
        (["3"], []),
        (["4", "5"], ["5", "4"]),
    ],
)
def test_what_production_was_taken_back_from_is_no_baseline(
    place: Any, tmp_path: Path, versions: list[str], expected: list[str]
) -> None:
    outcomes = [
        Artifact(type=MODEL_VERSION, properties={"name": "taxi", "version": one}) for one in reversed(versions)
    ]
    looking = Resolving(place.stores.record, place.stores.blobs, "p", tmp_path, tmp_path)
    assert _standing(outcomes, looking) == outcomes
    asked = dataclasses.replace(looking, resources={"registry": Standing})
    assert [one.properties["version"] for one in _standing(outcomes, asked)] == expected


@pytest.mark.parametrize(
    ("span", "last", "expected"),
    [(1, None, "1.1"), (2, None, "2.3"), (1, 3, "3.1"), (1, 2, "2.3"), (7, None, "nothing"), (4, 9, "nothing")],
)
def test_by_span(place: Any, span: int, last: int | None, expected: str) -> None:
    @pipeline(name="spans")
    def making() -> None:
        spanned(each([2, 3, 1, 2]), each([3, 1, 1, 2]))

    @pipeline(name="spans")
    def asking() -> None:
        look_span(by_span(Spanned, span, last=last))

    place.run(making.build())
    assert place.value(place.run(asking.build()), "look_span") == expected


@step
def pack(model: Model) -> Packed:
    return Packed(f"package of {model.content}")


@step
def train_on(start: Model) -> Model:
    return Model(f"{start.content}+")


def test_by_alias_gives_what_a_package_was_made_from(place: Any) -> None:
    """The model itself, and not the one that it went on from."""

    @pipeline
    def making() -> None:
        pack(train_on(train("a")))

    digest = place.run(making.build()).nodes["pack"].outputs["result"].digest
    place.resources["registry"] = lambda: SimpleNamespace(
        resolve=lambda _reference: SimpleNamespace(digest=digest, version="1.0.0")
    )

    @pipeline
    def going_on() -> None:
        look(by_alias("taxi@production", wanted=Model))
        look.named("other")(by_alias("taxi@production", wanted="test.Spanned"))

    found = place.run(going_on.build())
    assert place.value(found, "look") == "a+"
    assert any("its test.Spanned is not in the record" in str(node.reason) for node in found.nodes.values())


def test_by_alias(place: Any) -> None:
    made = place.run(blessing.build("a", True))
    digest = made.nodes["train"].outputs["result"].digest
    registry = SimpleNamespace(resolve=lambda reference: SimpleNamespace(digest=digest, version="1.0.0"))

    @pipeline
    def serving() -> None:
        look(by_alias("taxi@production", wanted=Model))

    failed = place.run(serving.build())
    assert "needs a registry" in failed.nodes["by_alias"].reason
    place.resources["registry"] = lambda: registry
    found = place.run(serving.build(), name="r")
    assert place.value(found, "look") == "a"
    note = {one.node: one.execution.custom.get("note") for one in place.records.steps("r")}["by_alias"]
    assert note == "taxi@production is version 1.0.0"


@step
def propose(text: str) -> Fake:
    return Fake(text)


@step
def use(fake: Fake) -> str:
    return fake.content.upper()


@step
def two_files() -> Path:
    folder = Path("made")
    folder.mkdir(exist_ok=True)
    (folder / "a").write_text("a")
    (folder / "b").write_text("b")
    return folder


@pipeline
def curating(text: str = "one\n") -> None:
    use(curated(propose(text), file="kept/fake.txt"))


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The types of this module are known to the platform as a plugin's would be."""
    from mainspring.core import plugins

    real = plugins.offers
    mine = {f"test.{name}": f"{__name__}:{name}" for name in ("Fake", "Spanned")}
    monkeypatch.setattr(
        plugins, "offers", lambda hook: {**real(hook), **(mine if hook == "artifact_types" else {})}
    )
    import sys

    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or SimpleNamespace(**globals()))


def test_a_curated_file_is_written_once_and_then_belongs_to_people(place: Any) -> None:
    file = place.root / "kept/fake.txt"
    first = place.run(curating.build(), name="first")
    assert file.read_text() == "one\n"
    assert place.value(first, "use") == "ONE\n"
    note = {one.node: one.execution.custom.get("note") for one in place.records.steps("first")}["curated"]
    assert note == "wrote kept/fake.txt: from now on it is yours to edit"

    again = place.run(curating.build())
    assert set(states(again).values()) == {"CACHED"}
    kept = again.nodes["curated"].outputs["result"]
    assert kept.id == first.nodes["curated"].outputs["result"].id, "the same content is the same artifact"

    other = place.run(curating.build(text="two\n"))
    assert file.read_text() == "one\n", "what people took over is not overwritten"
    assert states(other) == {"propose": "COMPLETE", "curated": "CACHED", "use": "CACHED"}


def test_an_edit_of_a_curated_file_makes_another_artifact(place: Any) -> None:
    first = place.run(curating.build())
    (place.root / "kept/fake.txt").write_text("edited\n")
    edited = place.run(curating.build())
    assert states(edited) == {"propose": "CACHED", "curated": "COMPLETE", "use": "COMPLETE"}
    assert place.value(edited, "use") == "EDITED\n"
    kept = edited.nodes["curated"].outputs["result"]
    assert kept.digest != first.nodes["curated"].outputs["result"].digest
    above = place.stores.record.lineage(Kind.ARTIFACT, [kept.id], direction=Direction.UP)
    assert first.nodes["propose"].outputs["result"].id in [number for _, number in above.nodes], "its proposal"
    assert set(states(place.run(curating.build())).values()) == {"CACHED"}


def test_a_broken_edit_is_refused_with_the_place(place: Any) -> None:
    place.run(curating.build())
    (place.root / "kept/fake.txt").write_text("fine\nnot ? fine\n")
    broken = place.run(curating.build(), name="broken")
    assert broken.state is ExecutionState.FAILED
    assert states(broken) == {"propose": "CACHED", "curated": "FAILED", "use": "SKIPPED"}
    assert "fake.txt, line 2: '?' is not allowed" in broken.nodes["curated"].reason
    step = {one.node: one for one in place.records.steps("broken")}["curated"].execution
    assert not step.custom.get("traceback"), "a user's mistake needs no traceback"
    (place.root / "kept/fake.txt").write_text("fine\nfine\n")
    assert place.resume(curating.build(), "broken").state is ExecutionState.COMPLETE


def test_what_is_not_one_file_cannot_be_curated(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place.root)

    @pipeline
    def wrong() -> None:
        use(curated(two_files(), file="x.txt"))

    assert "is stored as 2 files" in place.run(wrong.build()).nodes["curated"].reason


def test_importing_a_file(place: Any) -> None:
    @step
    def read(file: Path) -> str:
        return file.read_text()

    @pipeline
    def importing() -> None:
        read(import_artifact("in.txt"))

    (place.root / "in.txt").write_text("outside")
    first = place.run(importing.build(), name="first")
    assert place.value(first, "read") == "outside"
    made = first.nodes["import"].outputs["result"]
    assert (made.type, made.properties["name"]) == ("mainspring.File", "in.txt")
    again = place.run(importing.build())
    assert set(states(again).values()) == {"CACHED"}
    assert again.nodes["import"].outputs["result"].id == made.id, "the same content is imported once"
    (place.root / "in.txt").unlink()
    gone = place.run(importing.build())
    assert "there is no file 'in.txt'" in gone.nodes["import"].reason


def test_importing_an_artifact(place: Any) -> None:
    folder = place.root / "saved"
    folder.mkdir()
    verdict = Verdict.of("elsewhere", [])
    verdict.save(folder)

    @step
    def judge(verdict: Verdict) -> bool:
        return bool(verdict)

    @pipeline
    def importing() -> None:
        judge(import_artifact("saved", wanted=Verdict))

    first = place.run(importing.build())
    assert place.value(first, "import") == verdict
    assert place.value(first, "judge") is True
    properties = first.nodes["import"].outputs["result"].properties
    assert (properties["ok"], properties["gate"], properties["imported_from"]) == (True, "elsewhere", "saved")
    (folder / "verdict.json").write_text("not json")
    broken = place.run(importing.build())
    assert broken.state is ExecutionState.FAILED
    assert json.JSONDecodeError.__name__ in broken.nodes["import"].reason


def test_resolvers_in_parts(place: Any) -> None:
    graph = newest.build(word="a")
    place.run(graph)
    place.run(graph)
    for _ in range(3):
        part = place.run(graph, selection=select(graph, only=["look"]))
        assert states(part) == {"latest": "CACHED", "look": "CACHED", "train": "SKIPPED"}
        assert place.value(part, "look") == "a"


def test_no_folders_are_left_in_the_temporary_place(
    place: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    (place.root / "in.txt").write_text("outside")

    @pipeline
    def both() -> None:
        import_artifact("in.txt")
        use(curated(propose("one\n"), file="kept/fake.txt"))

    assert place.run(both.build()).state is ExecutionState.COMPLETE
    assert list(temporary.iterdir()) == []
