"""Files of keys: made, read, changed by several at once, and wrong ones."""

import json
import stat
import threading
from pathlib import Path

import msgspec
import pytest
import yaml

from mainspring.core.errors import InputError, NotFoundError, UnavailableError
from mainspring.serving.caller import Scope
from mainspring.serving.security import key_file


@pytest.mark.parametrize("name", ["keys.yaml", "keys.json"])
def test_keys_are_added_listed_and_revoked(tmp_path: Path, name: str) -> None:
    path = tmp_path / "secret" / name
    ann, _ = key_file.new(path, "ann", models=["taxi*"], days=30, clock=lambda: 1_700_000_000.7)
    ben, _ = key_file.new(path, "ben", scopes=[Scope.METRICS, Scope.METRICS])
    assert key_file.read(path) == (ann, ben)
    assert ann.created is not None
    assert ann.expires is not None
    assert (ann.expires - ann.created).days == 30
    assert ben.scopes == (Scope.METRICS,)
    assert key_file.revoke(path, ann.id) == (ann,)
    assert key_file.read(path) == (ben,)
    with pytest.raises(NotFoundError, match="no key with the id or name 'ann'"):
        key_file.revoke(path, "ann")


def test_the_file_holds_no_key_and_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys.yaml"
    _, key = key_file.new(path, "ann")
    assert key not in path.read_text()
    assert key[-20:] not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    [entry] = yaml.safe_load(path.read_text())["keys"]
    assert entry["name"] == "ann"
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_is_revoked_with_all_its_keys(tmp_path: Path) -> None:
    path = tmp_path / "keys.yaml"
    keys = [key_file.new(path, "ann")[0] for _ in range(2)]
    other = key_file.new(path, "ben")[0]
    assert key_file.revoke(path, "ann") == tuple(keys)
    assert key_file.read(path) == (other,)


def test_several_write_at_once_and_none_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "keys.yaml"
    threads = [threading.Thread(target=key_file.new, args=(path, f"caller-{each}")) for each in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(key.name for key in key_file.read(path)) == sorted(f"caller-{each}" for each in range(12))


def test_people_write_yaml_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "keys.yaml"
    path.write_text(
        "# rotated every spring\nkeys:\n- {id: a, name: ann, hash: 'sha256:" + "0" * 64 + "',"
        " models: ['taxi*', cab], expires: 2027-01-01T00:00:00Z}\n"
    )
    [key] = key_file.read(path)
    assert key.expires is not None
    assert key.expires.year == 2027
    assert key.caller.may_ask("taxi-eu")
    assert not key.caller.may_ask("flowers")


def test_an_empty_file_holds_no_keys(tmp_path: Path) -> None:
    path = tmp_path / "keys.yaml"
    path.write_text("")
    assert key_file.read(path) == ()


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    good = "sha256:" + "0" * 64
    entries = [{"id": "a", "name": "x", "hash": "md5:1"}, {"id": "b", "name": "y", "hash": good}] * 2
    path.write_text(json.dumps({"keys": entries}))
    with pytest.raises(InputError) as error:
        key_file.read(path)
    text = str(error.value)
    assert "key 'a': the hash" in text
    assert "2 keys with the id 'a'" in text
    assert "2 keys with the id 'b'" in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("keys: 7", "keys"),
        ("keyes: []", "keyes"),
        ("keys: [{id: a, name: ann, hash: x, scopes: [everything]}]", "everything"),
        ("keys: [{id: a, name: ann, hash: x, expires: 2027-01-01T00:00:00}]", "timezone"),
        ("keys: [", "wrong form"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "keys.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=said) as error:
        key_file.read(path)
    assert error.value.where == str(path)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="mainspring keys new"):
        key_file.read(tmp_path / "none.yaml")


def test_a_broken_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "keys.yaml"
    old, _ = key_file.new(path, "ann")
    monkeypatch.setattr(msgspec.yaml, "encode", lambda value: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        key_file.new(path, "ben")
    assert key_file.read(path) == (old,)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("wrong", [{"name": ""}, {"scopes": []}, {"models": []}, {"days": 0}, {"days": -1}])
def test_a_key_needs_a_name_scopes_models_and_time(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        key_file.new(tmp_path / "keys.yaml", **{"name": "ann", **wrong})  # type: ignore[arg-type]
    assert not (tmp_path / "keys.yaml").exists()
