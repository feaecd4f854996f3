"""Orders to load and unload, with options and files that come along."""

import asyncio
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mainspring.core.errors import InputError, NotFoundError
from mainspring.serving.control import LocalControl, options_of, unpack
from mainspring.serving.predictor import Predictor
from mainspring.serving.problems import ForbiddenError
from mainspring.serving.repository import (
    Folder,
    ModelOptions,
    PackageAt,
    Repository,
    RepositoryOptions,
)


@pytest.fixture
def repository(rule: ModuleType, tmp_path: Path) -> Repository:
    rule.write(tmp_path / "models" / "taxi")

    def open_rule(at: PackageAt, options: ModelOptions) -> Predictor:
        return Predictor(rule.RulePackage.load(at.folder), name=at.name, version=at.version)

    return Repository(open_rule, [Folder(tmp_path / "models")])


def files(rule: ModuleType, tmp_path: Path, prefix: str = "", **options: Any) -> dict[str, bytes]:
    folder = rule.write(tmp_path / "elsewhere", **options)
    return {prefix + path.name: path.read_bytes() for path in folder.iterdir()}


def test_r2_options_and_files_come_with_the_order(
    repository: Repository, rule: ModuleType, tmp_path: Path
) -> None:
    async def work() -> None:
        control = LocalControl(repository)
        await control.load("taxi", config='{"threads": 2}')
        assert repository.options("taxi") == ModelOptions(threads=2)
        await control.load("taxi", config='{"timeout": 1.5}')
        assert repository.options("taxi") == ModelOptions(threads=2, timeout=1.5)
        await control.load("taxi", files=files(rule, tmp_path, prefix="7/", shift=-100.0))
        assert repository.versions("taxi") == ["7"]
        await control.load("new", files=files(rule, tmp_path / "b"))
        assert repository.versions("new") == ["1"]
        await control.unload("new")
        with pytest.raises(NotFoundError):
            await control.unload("new")
        await control.load("taxi")  # from the repository again
        assert repository.versions("taxi") == ["1"]

    asyncio.run(work())


@pytest.mark.parametrize("name", ["", "taxi/2", "../taxi"])
def test_names_that_nobody_could_ask_for_are_refused(
    name: str, repository: Repository, rule: ModuleType, tmp_path: Path
) -> None:
    control = LocalControl(repository)
    for order in (
        control.load(name),
        control.load(name, files=files(rule, tmp_path)),
        control.unload(name),
    ):
        with pytest.raises(InputError, match="is no name for a model"):
            asyncio.run(order)


@pytest.mark.parametrize("mode", ["none", "poll"])
def test_r5_a_repository_that_takes_no_orders_says_so(mode: Any) -> None:
    control = LocalControl(Repository(settings=RepositoryOptions(mode=mode)))
    with pytest.raises(ForbiddenError, match="takes no orders"):
        asyncio.run(control.load("taxi"))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("{", "the config is wrong"),
        ('{"thread": 2}', "thread"),
        ('{"threads": 0}', "threads"),
        (json.dumps({"package": "/etc"}), "named where the server is started"),
    ],
)
def test_options_that_are_wrong(config: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        options_of(config, ModelOptions())


@pytest.mark.parametrize("path", ["../package.json", "/etc/passwd", "1/../../x", "a\\b", "", "1/\0"])
def test_no_path_leads_out(path: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no paths of files"):
        unpack("taxi", {path: b"", "package.json": b"{}"}, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_files_without_a_package(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none of the files is a package.json"):
        unpack("taxi", {"1/readme": b""}, tmp_path)
