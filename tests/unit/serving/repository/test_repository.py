"""Models that are loaded, replaced and let go of under traffic."""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mainspring.core.errors import ConflictError, InputError, MainspringError, NotFoundError, UnavailableError
from mainspring.serving.predictor import Predictor
from mainspring.serving.problems import LoadingError
from mainspring.serving.push import Deployment
from mainspring.serving.repository import (
    Folder,
    Given,
    ModelOptions,
    PackageAt,
    Repository,
    RepositoryOptions,
    State,
    VersionPolicy,
)
from mainspring.serving.repository.loading import Opener

Made = Callable[..., Repository]


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


@pytest.fixture
def opener(rule: ModuleType) -> Opener:
    """Opens a package with the rule that is not installed as a plugin here."""

    def open_rule(at: PackageAt, options: ModelOptions) -> Predictor:
        package = rule.RulePackage.load(at.folder)
        predictor = Predictor(package, name=at.name, version=at.version, threads=options.threads)
        predictor.warm(package.input_example)
        return predictor

    return open_rule


@pytest.fixture
def repository(opener: Opener) -> Callable[..., Repository]:
    def make(folder: Path, options: dict[str, ModelOptions] | None = None, **settings: Any) -> Repository:
        chosen = RepositoryOptions(folder=str(folder), **settings)
        made = Repository(opener, [Folder(folder)], options=options, settings=chosen)
        made.load_all()
        return made

    return make


@pytest.fixture
def models(rule: ModuleType, tmp_path: Path) -> Path:
    """A folder of models: taxi in two versions, and bus."""
    root = tmp_path / "models"
    rule.write(root / "taxi" / "1")
    rule.write(root / "taxi" / "2", shift=100.0)
    rule.write(root / "bus")
    return root


def states(repository: Repository) -> dict[tuple[str, str], State]:
    return {(one.name, one.version): one.state for one in repository.index()}


def label(repository: Repository, name: str, version: str = "") -> str:
    """What a model says of the example: the shift of a version makes it say something else."""
    served = repository.find(name, version)
    assert served is not None
    answer = served.model.from_rows([{"fare": 0.0, "hour": 3, "company": "B", "airport": True}])  # type: ignore[attr-defined]
    return str(answer.outputs["label"][0])


def test_r1_the_index_tells_of_every_version(models: Path, repository: Made) -> None:
    found = repository(models, mode="none")
    assert states(found) == {
        ("bus", "1"): State.READY,
        ("taxi", "1"): State.UNAVAILABLE,
        ("taxi", "2"): State.READY,
    }
    assert [one.version for one in found.index(ready=True)] == ["1", "2"]
    assert label(found, "taxi") == "yes"
    with pytest.raises(NotFoundError, match="one of: '2'"):
        found.find("taxi", "1")
    found.close()


def test_in_explicit_mode_models_wait_to_be_asked_for(models: Path, repository: Made) -> None:
    async def work() -> None:
        found = repository(models)
        assert not found.ready
        await found.load("taxi")
        assert found.ready
        assert found.names == ["taxi"]
        await found.unload("taxi")
        assert not found.ready  # nothing is served at all
        await found.load("bus")
        assert found.ready  # taxi was unloaded by hand
        with pytest.raises(NotFoundError, match="there is no model 'tram'"):
            await found.load("tram")

    run(work())


def test_r2_a_load_that_fails_leaves_what_is_served(models: Path, repository: Made) -> None:
    async def work() -> None:
        found = repository(models, mode="none")
        (models / "taxi" / "2" / "rule.json").write_text("{broken")
        with pytest.raises(MainspringError, match="could not be loaded"):
            await found.load("taxi")
        assert label(found, "taxi") == "yes"
        [told] = [one for one in found.index() if (one.name, one.version) == ("taxi", "2")]
        assert told.state is State.READY
        assert "could not be loaded" in told.reason

    run(work())


def test_r4_what_is_replaced_is_closed_once_nothing_is_in_flight(models: Path, repository: Made) -> None:
    async def work() -> None:
        found = repository(models, mode="none")
        before = found.find("taxi")
        assert before is not None
        closed: list[bool] = []
        before.model.close = lambda: closed.append(True)  # type: ignore[method-assign]
        before.in_flight = 1
        await found.load("taxi")
        assert found.find("taxi") is not before
        await asyncio.sleep(0.05)
        assert not closed
        before.in_flight = 0
        while not closed:
            await asyncio.sleep(0.005)

    run(asyncio.wait_for(work(), 10))


def test_labels_stand_for_loaded_versions_only(models: Path, repository: Made) -> None:
    async def work() -> None:
        both = ModelOptions(versions=VersionPolicy(all=True), labels={"stable": "1", "canary": "2"})
        found = repository(models, {"taxi": both}, mode="none")
        stable, canary = found.find("taxi", label="stable"), found.find("taxi", label="canary")
        assert stable is not None
        assert canary is not None
        assert (stable.version, canary.version) == ("1", "2")
        with pytest.raises(NotFoundError, match="stands for nothing"):
            found.find("taxi", label="old")
        with pytest.raises(NotFoundError, match="not loaded"):
            await found.load("taxi", options=ModelOptions(labels={"stable": "1"}))
        assert found.labels("taxi") == {"stable": "1", "canary": "2"}

    run(work())


def test_what_the_options_name_has_to_be_there(models: Path, repository: Made, opener: Opener) -> None:
    found = repository(models, {"taxi": ModelOptions(), "bsu": ModelOptions()})
    assert found.names == ["taxi"]
    assert not found.ready  # a typing error is no reason to seem well
    found = repository(models, {"taxi": ModelOptions(labels={"prod": "9"})})
    assert found.names == []
    assert "labels of model 'taxi'" in next(one.reason for one in found.index() if one.name == "taxi")
    given = Given([PackageAt(models / "taxi" / "2", "taxi")])
    with pytest.raises(NotFoundError, match="stand for versions that are not loaded"):
        Repository(opener, [given], options={"taxi": ModelOptions(labels={"prod": "9"})}).load_all()


@pytest.mark.parametrize("name", ["", "a/b"])
def test_a_name_that_nobody_could_ask_for(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no name for a model"):
        Given([PackageAt(tmp_path, name)])


def test_r5_polling_sees_new_versions_but_none_half_written(
    models: Path, rule: ModuleType, repository: Made
) -> None:
    async def work() -> None:
        found = repository(models, mode="poll")
        half = models / "taxi" / "3"
        rule.write(half, shift=-100.0)
        content = (half / "rule.json").read_bytes()
        (half / "rule.json").write_bytes(b"")
        await found.refresh()
        (half / "rule.json").write_bytes(content)  # it changed since the last look
        await found.refresh()
        assert found.versions("taxi") == ["2"]
        await found.refresh()
        assert found.versions("taxi") == ["3"]
        for path in sorted((models / "bus").iterdir()):
            path.unlink()
        await found.refresh()
        assert found.names == ["taxi"]

    run(work())


def test_what_cannot_be_loaded_is_not_tried_again_before_it_is_written_anew(
    models: Path, rule: ModuleType, repository: Made
) -> None:
    async def work() -> None:
        found = repository(models, mode="poll")
        broken = rule.write(models / "taxi" / "3")
        (broken / "rule.json").write_text("{")
        for _ in range(2):
            await found.refresh()
        assert "could not be loaded" in next(one.reason for one in found.index() if one.version == "3")
        loads: list[str] = []
        original = found.load

        async def counted(name: str, **options: Any) -> None:
            loads.append(name)
            await original(name, **options)

        found.load = counted  # type: ignore[method-assign]
        await found.refresh()
        assert loads == []
        (broken / "rule.json").write_text(json.dumps({"shift": 1.0}))
        for _ in range(2):
            await found.refresh()
        assert found.versions("taxi") == ["3"]

    run(work())


def test_a_deployment_is_followed_with_the_version_that_it_says(
    rule: ModuleType, tmp_path: Path, opener: Opener
) -> None:
    async def work() -> None:
        package = rule.write(tmp_path / "package")
        deployment = Deployment(tmp_path / "deployments", "taxi")
        deployment.push(package, version="1.4.0")
        given = Given([PackageAt(deployment.folder, "taxi")])
        found = Repository(opener, [given], settings=RepositoryOptions(mode="poll"))
        found.load_all()
        assert found.versions("taxi") == ["1.4.0"]
        deployment.push(package, version="1.5.0")
        for _ in range(2):
            await found.refresh()
        assert found.versions("taxi") == ["1.5.0"]

    run(work())


def test_models_are_loaded_when_they_are_asked_for_and_the_oldest_make_room(
    rule: ModuleType, tmp_path: Path, repository: Made
) -> None:
    async def work() -> None:
        for name in "abc":
            rule.write(tmp_path / name)
        found = repository(tmp_path, on_demand=True, max_models=2)
        for name in "abacab":
            served = found.find(name) or await found.demand(name)
            served.used = time.perf_counter()
        assert sorted(found.names) == ["a", "b"]
        with pytest.raises(NotFoundError):
            found.find("d")
        assert all(await asyncio.gather(*(found.demand("c") for _ in range(5))))

    run(work())


def test_a_model_that_is_being_loaded_says_so(models: Path, repository: Made) -> None:
    async def work() -> None:
        found = repository(models)
        loading = asyncio.create_task(found.load("taxi"))
        while states(found)["taxi", "2"] is not State.LOADING:
            await asyncio.sleep(0)
        with pytest.raises(LoadingError, match="is being loaded"):
            found.find("taxi")
        await loading
        assert found.find("taxi") is not None

    run(work())


def test_what_was_asked_for_is_loaded_though_nobody_waits_for_it_any_more(models: Path, repository: Made) -> None:
    async def work() -> None:
        found = repository(models, on_demand=True)
        for asked in (found.demand("taxi"), found.load("bus")):
            waiting = asyncio.create_task(asked)
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        while sorted(found.names) != ["bus", "taxi"]:
            await asyncio.sleep(0.005)
        assert found.find("taxi") is not None
        assert found.find("bus") is not None

    run(asyncio.wait_for(work(), 10))


def test_of_versions_that_cannot_all_be_loaded_none_stays(models: Path, rule: ModuleType, opener: Opener) -> None:
    async def work() -> None:
        (models / "taxi" / "2" / "rule.json").write_text("{broken")
        closed: list[str] = []

        def watched(at: PackageAt, options: ModelOptions) -> Predictor:
            model = opener(at, options)
            model.close = lambda: closed.append(at.version)  # type: ignore[method-assign]
            return model  # type: ignore[return-value]

        found = Repository(watched, [Folder(models)])
        with pytest.raises(MainspringError, match="could not be loaded"):
            await found.load("taxi", options=ModelOptions(versions=VersionPolicy(all=True)))
        while not closed:
            await asyncio.sleep(0.005)
        assert closed == ["1"]

    run(asyncio.wait_for(work(), 10))


def test_a_label_stands_for_its_version_on_demand_too(models: Path, repository: Made) -> None:
    async def work() -> None:
        options = ModelOptions(versions=VersionPolicy(all=True), labels={"stable": "1", "canary": "2"})
        found = repository(models, {"taxi": options}, on_demand=True, max_models=1)
        await found.unload("taxi")
        for label, version in (("stable", "1"), ("canary", "2"), ("stable", "1")):
            served = found.find("taxi", label=label) or await found.demand("taxi", label=label)
            assert served.version == version
        with pytest.raises(NotFoundError, match="label 'old' of model 'taxi' stands for nothing"):
            await found.demand("taxi", label="old")

    run(work())


def test_a_server_is_ready_whatever_made_room(models: Path, repository: Made) -> None:
    async def work() -> None:
        found = repository(models, {"taxi": ModelOptions()}, on_demand=True, max_models=1)
        assert found.ready
        await found.demand("bus")
        assert found.names == ["bus"]
        assert found.ready
        await found.load("taxi")
        assert found.names == ["taxi"]
        assert repository(models, on_demand=True).ready  # nobody has asked for anything yet

    run(work())


def test_a_look_at_the_folder_leaves_what_nobody_asked_for(
    models: Path, rule: ModuleType, repository: Made
) -> None:
    async def work() -> None:
        package = PackageAt(rule.write(models.parent / "brought"), "brought", "1")
        found = repository(models)
        await found.load("taxi")
        await found.load("brought", packages=[package])
        for _ in range(2):
            await found.refresh()
        assert sorted(found.names) == ["brought", "taxi"]
        rule.write(models / "taxi" / "3")
        for _ in range(2):
            await found.refresh()
        assert found.versions("taxi") == ["3"]
        on_demand = repository(models, mode="poll", on_demand=True)
        await on_demand.refresh()
        assert on_demand.names == []

    run(work())


def test_a_folder_that_is_away_changes_nothing(models: Path, repository: Made) -> None:
    async def work() -> None:
        found = repository(models, mode="poll")
        (models / "bus" / "nowhere").symlink_to(models / "none")
        for _ in range(2):
            await found.refresh()
        models.rename(models.parent / "away")
        with pytest.raises(UnavailableError, match="cannot be read"):
            await found.refresh()
        assert states(found) == {("bus", "1"): State.READY, ("taxi", "2"): State.READY}

    run(work())


@pytest.mark.parametrize("make", [lambda path: Folder(path / "none")])
def test_a_folder_that_is_not_there(make: Callable[[Path], Folder], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        make(tmp_path)


def test_a_package_given_twice(rule: ModuleType, tmp_path: Path, opener: Opener) -> None:
    package = rule.write(tmp_path / "package")
    with pytest.raises(ConflictError, match="given twice"):
        Repository(opener, [Given([PackageAt(package, "a", "1")] * 2)]).load_all()
