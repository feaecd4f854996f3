"""The model repository, statistics and configuration extensions of Triton, over a real folder of packages."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mainspring.serving.assembly import assemble
from mainspring.serving.batching import BatchOptions
from mainspring.serving.configuration import ServerOptions
from mainspring.serving.endpoint.app import Endpoint
from mainspring.serving.endpoint.model_config import config
from mainspring.serving.endpoint.statistics import model_stats
from mainspring.serving.predictor import Predictor
from mainspring.serving.repository import (
    Folder,
    ModelOptions,
    PackageAt,
    Repository,
    RepositoryOptions,
    VersionPolicy,
)
from mainspring.serving.security.options import Access, SecurityOptions

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}
INDEX, LOAD, UNLOAD = (
    "/v2/repository/index",
    "/v2/repository/models/taxi/load",
    "/v2/repository/models/taxi/unload",
)
PREDICT = "/v1/models/taxi:predict"


@pytest.fixture
def models(rule: ModuleType, tmp_path: Path) -> Path:
    """A folder with two versions of ``taxi``, and a model that cannot be loaded."""
    rule.write(tmp_path / "models" / "taxi" / "1")
    rule.write(tmp_path / "models" / "taxi" / "2", shift=-100.0)
    broken = rule.write(tmp_path / "models" / "broken" / "1")
    (broken / "rule.json").write_text("{")
    return tmp_path / "models"


def repository_of(rule: ModuleType, models: Path, mode: Any = "explicit") -> Repository:
    def open_rule(at: PackageAt, options: ModelOptions) -> Predictor:
        predictor = Predictor(rule.RulePackage.load(at.folder), name=at.name, version=at.version)
        predictor.warm(rule.EXAMPLE)
        return predictor

    options = {"taxi": ModelOptions(versions=VersionPolicy(all=True), labels={"stable": "1"})}
    return Repository(open_rule, [Folder(models)], options=options, settings=RepositoryOptions(mode=mode))


@pytest.fixture
def manage(models: Path, rule: ModuleType, asker: Any) -> Callable[[Callable[[Any], Awaitable[None]]], None]:
    """Runs a conversation with a server that has loaded nothing yet."""

    def run(talk: Callable[[Any], Awaitable[None]]) -> None:
        repository = repository_of(rule, models)

        async def converse() -> None:
            await talk(asker(assemble(repository)).ask)

        try:
            asyncio.run(converse())
        finally:
            repository.close()

    return run


def states(reply: Any) -> dict[tuple[str, str], str]:
    assert reply.status == 200
    return {(one["name"], one["version"]): one["state"] for one in reply.json}


def test_r1_the_index_tells_of_every_version(manage: Any) -> None:
    async def talk(ask: Any) -> None:
        nothing = {("broken", "1"): "UNAVAILABLE", ("taxi", "1"): "UNAVAILABLE", ("taxi", "2"): "UNAVAILABLE"}
        assert states(await ask("POST", INDEX)) == nothing
        assert (await ask("POST", LOAD)).json == {"name": "taxi", "load": True}
        loaded = {("taxi", "1"): "READY", ("taxi", "2"): "READY"}
        assert states(await ask("POST", INDEX, {})) == {**nothing, **loaded}
        assert states(await ask("POST", INDEX, {"ready": True})) == loaded
        assert (await ask("POST", INDEX, {"ready": "yes"})).status == 400
        assert set((await ask("POST", INDEX)).json[0]) == {"name", "version", "state", "reason"}

    manage(talk)


def test_r2_a_model_answers_once_it_is_loaded(manage: Any) -> None:
    async def talk(ask: Any) -> None:
        assert (await ask("POST", PREDICT, {"instances": [ROW]})).status == 404
        assert (await ask("POST", LOAD, {})).status == 200
        assert (await ask("POST", PREDICT, {"instances": [ROW]})).json == {"predictions": ["no"]}
        for path in ("versions/1", "labels/stable"):
            reply = await ask("POST", f"/v1/models/taxi/{path}:predict", {"instances": [ROW]})
            assert reply.json == {"predictions": ["yes"]}
        told = (await ask("GET", "/v1/models/taxi/labels/stable")).json["model_version_status"]
        assert [one["version"] for one in told] == ["1"]
        assert (await ask("GET", "/v1/models/taxi/labels/stable/metadata")).json["model_spec"]["version"] == "1"

    manage(talk)


def test_r2_a_model_that_cannot_be_loaded_says_why_and_changes_nothing(manage: Any) -> None:
    async def talk(ask: Any) -> None:
        await ask("POST", LOAD)
        reply = await ask("POST", "/v2/repository/models/broken/load")
        assert reply.status >= 400
        assert list(reply.json) == ["error"]
        [reason] = [one["reason"] for one in (await ask("POST", INDEX)).json if one["name"] == "broken"]
        assert reason == reply.json["error"]
        files = {"parameters": {"file:1/package.json": base64.b64encode(b"{").decode()}}
        reply = await ask("POST", LOAD, files)
        assert reply.status >= 400
        assert (await ask("POST", PREDICT, {"instances": [ROW]})).json == {"predictions": ["no"]}
        assert (await ask("POST", "/v2/repository/models/other/load")).status == 404

    manage(talk)


def test_a_name_with_a_slash_is_told_of_as_such(manage: Any) -> None:
    async def talk(ask: Any) -> None:
        for step in ("load", "unload"):
            reply = await ask("POST", f"/v2/repository/models/taxi/2/{step}")
            assert reply.status == 400
            assert "'taxi/2' is no name for a model" in reply.json["error"]

    manage(talk)


def test_r2_options_and_files_come_with_the_order(manage: Any, rule: ModuleType, tmp_path: Path) -> None:
    folder = rule.write(tmp_path / "brought", shift=-100.0)
    files = {
        f"file:7/{path.relative_to(folder)}": base64.b64encode(path.read_bytes()).decode()
        for path in folder.rglob("*")
        if path.is_file()
    }

    async def talk(ask: Any) -> None:
        parameters = {"config": '{"threads": 2, "versions": {"latest": 1}, "labels": {}}'}
        assert (await ask("POST", LOAD, {"parameters": parameters})).status == 200
        told = (await ask("GET", "/v2/models/taxi")).json
        assert told["versions"] == ["2"]
        parameters = {"config": '{"labels": {}}', **files}
        assert (await ask("POST", LOAD, {"parameters": parameters})).json == {"name": "taxi", "load": True}
        assert (await ask("GET", "/v2/models/taxi")).json["versions"] == ["7"]
        for wrong in (
            {"config": 1},
            {"config": "{"},
            {"file:1/x": "?"},
            {"file:1/x": 5},
            {"other": True},
            {"file:../x": ""},
        ):
            reply = await ask("POST", LOAD, {"parameters": wrong})
            assert (reply.status, list(reply.json)) == (400, ["error"]), wrong
        assert (await ask("GET", "/v2/models/taxi")).json["versions"] == ["7"]

    manage(talk)


def test_r3_a_model_is_unloaded(manage: Any) -> None:
    async def talk(ask: Any) -> None:
        await ask("POST", LOAD)
        body = {"parameters": {"unload_dependents": True}}
        assert (await ask("POST", UNLOAD, body)).json == {"name": "taxi", "unload": True}
        reply = await ask("POST", PREDICT, {"instances": [ROW]})
        assert reply.status == 404
        assert "READY" not in states(await ask("POST", INDEX)).values()
        assert (await ask("POST", UNLOAD)).status == 404
        await ask("POST", LOAD)
        assert (await ask("POST", UNLOAD, {"parameters": {"version": "2"}})).status == 200
        assert (await ask("GET", "/v2/models/taxi")).json["versions"] == ["1"]
        for wrong in ({"unload_dependents": 1}, {"version": 1}, {"other": 1}):
            assert (await ask("POST", UNLOAD, {"parameters": wrong})).status == 400

    manage(talk)


def test_r4_a_model_is_loaded_anew_while_it_answers(manage: Any, models: Path, rule: ModuleType) -> None:
    async def talk(ask: Any) -> None:
        await ask("POST", LOAD)
        loading = asyncio.create_task(ask("POST", LOAD))
        answers = set()
        while not loading.done():
            reply = await ask("POST", PREDICT, {"instances": [ROW]})
            assert reply.status == 200
            answers.add(json.dumps(reply.json))
            await asyncio.sleep(0)
        assert (await loading).status == 200
        assert answers == {'{"predictions": ["no"]}'}

    manage(talk)


def test_r5_a_server_that_takes_no_orders_says_so(rule: ModuleType, models: Path, asker: Any) -> None:
    repository = repository_of(rule, models, mode="none")
    ask = asker(assemble(repository))
    for path in (LOAD, UNLOAD):
        reply = ask("POST", path)
        assert (reply.status, "takes no orders" in reply.json["error"]) == (403, True)
    repository.close()


def test_r6_statistics(ask: Any) -> None:
    for _ in range(3):
        ask("POST", PREDICT, {"instances": [ROW, ROW]})
    ask("POST", PREDICT, {"instances": [{}]})
    told = [
        ask("GET", path).json["model_stats"]
        for path in ("/v2/models/stats", "/v2/models/taxi/stats", "/v2/models/taxi/versions/1.0.0/stats")
    ]
    assert told[0] == told[1] == told[2]
    [[one], *_] = told
    assert (one["name"], one["version"], one["inference_count"], one["execution_count"]) == ("taxi", "1.0.0", 6, 3)
    assert one["last_inference"] > 1.6e12
    stats = one["inference_stats"]
    assert set(stats) == {
        *("success", "fail", "queue", "compute_input", "compute_infer", "compute_output"),
        *("cache_hit", "cache_miss"),
    }
    assert (stats["success"]["count"], stats["fail"]["count"]) == (3, 1)
    parts = sum(stats[part]["ns"] for part in ("queue", "compute_input", "compute_infer", "compute_output"))
    assert parts == pytest.approx(stats["success"]["ns"], rel=1e-3)
    assert one["batch_stats"] == []
    assert ask("GET", "/v2/models/no/stats").status == 404
    assert ask("GET", "/v2/models/taxi/versions/2/stats").status == 404


def test_r6_statistics_of_batches_by_their_size(rule: ModuleType, models: Path, asker: Any) -> None:
    def open_rule(at: PackageAt, options: ModelOptions) -> Predictor:
        return Predictor(rule.RulePackage.load(at.folder), name=at.name, version=at.version)

    options = {"taxi": ModelOptions(batching=BatchOptions())}
    repository = Repository(open_rule, [Folder(models)], options=options)

    async def talk(ask: Any) -> None:
        await ask("POST", LOAD)
        for rows in (2, 1, 2, 2):
            assert (await ask("POST", PREDICT, {"instances": [ROW] * rows})).status == 200
        for loaded, batches in (("again", 4), ("", 5)):
            [one] = (await ask("GET", "/v2/models/taxi/stats")).json["model_stats"]
            assert (one["execution_count"], one["inference_count"]) == (batches, 2 * batches - 1)
            single, double = one["batch_stats"]
            assert (single["batch_size"], single["compute_infer"]["count"]) == (1, 1)
            assert (double["batch_size"], double["compute_infer"]["count"]) == (2, batches - 1)
            assert double["compute_input"] == double["compute_output"] == {"count": batches - 1, "ns": 0}
            spent = single["compute_infer"]["ns"] + double["compute_infer"]["ns"]
            assert 0 < spent <= one["inference_stats"]["success"]["ns"]
            if loaded:  # what is loaded again goes on from there
                await ask("POST", LOAD)
                await ask("POST", PREDICT, {"instances": [ROW] * 2})

    asyncio.run(talk(asker(assemble(repository)).ask))
    [served] = repository
    [own] = model_stats([served])["model_stats"]
    assert (own["execution_count"], [each["batch_size"] for each in own["batch_stats"]]) == (1, [2])
    repository.close()


def test_r7_configuration(manage: Any) -> None:
    async def talk(ask: Any) -> None:
        await ask("POST", LOAD)
        for path in ("/v2/models/taxi/config", "/v2/models/taxi/versions/2/config"):
            told = (await ask("GET", path)).json
            assert told["name"] == "taxi"
            assert told["version_policy"] == {"all": {}}
            assert told["input"][0] == {"name": "fare", "data_type": "TYPE_FP64", "dims": [-1]}
            assert told["output"][0] == {"name": "label", "data_type": "TYPE_STRING", "dims": [-1]}
            options = json.loads(told["parameters"]["options"]["string_value"])
            assert options["labels"] == {"stable": "1"}
            assert "package" not in options
        # What is told is what loading takes.
        body = {"parameters": {"config": told["parameters"]["options"]["string_value"]}}
        assert (await ask("POST", LOAD, body)).status == 200

    manage(talk)


def test_r7_rows_that_are_computed_together_go_without_saying(predictor: Predictor) -> None:
    for batching, most, dims in ((None, 0, [-1, 2]), (BatchOptions(max_batch_size=8), 8, [2])):
        told = config(predictor, ModelOptions(batching=batching))
        assert told["max_batch_size"] == most
        assert told["output"][1] == {"name": "probabilities", "data_type": "TYPE_FP64", "dims": dims}


def test_changes_are_for_programs_on_the_same_machine(endpoint: Endpoint, asker: Any) -> None:
    async def talk() -> None:
        ask = asker(endpoint).ask
        for path, status in ((LOAD, 403), (UNLOAD, 403), (INDEX, 200), (PREDICT, 400)):
            assert (await ask("POST", path, peer="203.0.113.9")).status == status, path
        assert (await ask("POST", UNLOAD)).status == 200

    asyncio.run(talk())


def test_who_asks_has_to_say_so_where_that_is_wanted(predictor: Predictor, asker: Any) -> None:
    wanted = SecurityOptions(inference=Access.CREDENTIALS, metrics=Access.CREDENTIALS)
    ask = asker(assemble(Repository.of([predictor]), ServerOptions(security=wanted)))
    for method, path in (
        ("POST", PREDICT),
        ("POST", "/v2/models/taxi/infer"),
        ("POST", "/v1/models/taxi:explain"),
        ("GET", "/v2/models/taxi"),
        ("GET", "/v1/models"),
        ("GET", "/metrics"),
        ("POST", INDEX),
    ):
        reply = ask(method, path, {"instances": [ROW]})
        assert (reply.status in (401, 403), list(reply.json)) == (True, ["error"]), path
        assert (reply.headers.get("www-authenticate") == "Bearer") == (reply.status == 401)
    for path in ("/", "/v2/health/live", "/v2/health/ready"):
        assert ask("GET", path).status == 200
