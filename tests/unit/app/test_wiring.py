"""Wiring: which technology stands behind a URL, and what steps may ask for."""

from pathlib import Path

import pytest

from mainspring.app.settings import Settings, Store
from mainspring.app.settings_file import load
from mainspring.app.wiring import build_engine, factories, factories_elsewhere, open_stores
from mainspring.core.errors import InputError
from mainspring.models.registry import Registry
from mainspring.pipelines.events import ignore
from mainspring.pipelines.options import Isolation
from mainspring.testing import MemoryStore


def opened(root: Path, record: str, artifacts: str = "blobs") -> Settings:
    """Settings with these stores."""
    return Settings(root=root, store=Store(record=record, artifacts=artifacts))


def test_relative_places_begin_at_the_projects_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere, root = tmp_path / "elsewhere", tmp_path / "root"
    elsewhere.mkdir()
    root.mkdir()
    monkeypatch.chdir(elsewhere)
    stores = open_stores(opened(root, "sqlite:///deep/record.db"))
    digest = stores.blobs.put_bytes(b"x")
    stores.record.close()
    assert (root / "deep/record.db").is_file()
    assert (root / "blobs").is_dir()
    assert list(elsewhere.iterdir()) == []
    again = open_stores(opened(root, f"sqlite:///{root}/deep/record.db", f"file://{root}/blobs"))
    assert again.blobs.exists(digest)
    again.record.close()


@pytest.mark.parametrize("url", ["file:blobs", "file://blobs", "blobs", "file://blobs?fsync=true"])
@pytest.mark.parametrize("name", ["plain", "50% of it", "ä b"])
def test_places_of_artifacts(tmp_path: Path, name: str, url: str) -> None:
    root = tmp_path / name
    root.mkdir()
    stores = open_stores(opened(root, "memory:", url))
    stores.blobs.put_bytes(b"x")
    assert [one.name for one in root.iterdir()] == ["blobs"]
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_absolute_places(tmp_path: Path) -> None:
    stores = open_stores(opened(Path("/nowhere"), f"sqlite:///{tmp_path}/a.db", str(tmp_path / "b")))
    stores.record.close()
    assert (tmp_path / "a.db").is_file()
    assert (tmp_path / "b").is_dir()


def test_memory(tmp_path: Path) -> None:
    stores = open_stores(opened(tmp_path, "memory:", "memory:"))
    assert isinstance(stores.record, MemoryStore)
    assert list(tmp_path.iterdir()) == []


def test_a_scheme_that_nobody_speaks(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing installed can open 'oracle://x'") as caught:
        open_stores(opened(tmp_path, "oracle://x"))
    assert "sqlite" in str(caught.value.expected)
    assert caught.value.where == "[store] in mainspring.toml"


def test_what_steps_may_ask_for_here_and_in_another_process(tmp_path: Path) -> None:
    settings = load(tmp_path, {})
    stores = open_stores(settings)
    here = factories(settings, stores)
    elsewhere = factories_elsewhere({"root": str(tmp_path)})
    assert set(here) == set(elsewhere)
    for made in (here, elsewhere):
        assert isinstance(made["registry"](), Registry)
        assert made["deployments"]() == tmp_path / ".mainspring/deployments"
    stores.record.close()


def test_an_engine(tmp_path: Path) -> None:
    settings = load(tmp_path, {"MAINSPRING_RUN_WORKERS": "3"})
    stores = open_stores(settings)
    engine = build_engine(settings, stores, ignore)
    assert (engine.workers, engine.root, engine.home) == (3, tmp_path, tmp_path / ".mainspring")
    assert set(engine.runners) == set(Isolation)
    assert engine.platform is not None
    assert engine.platform.settings == {"root": str(tmp_path)}
    for runner in engine.runners.values():
        runner.close()
    stores.record.close()
