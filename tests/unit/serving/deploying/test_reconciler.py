"""A server is brought to what is wanted, or stays as it was."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from mainspring.serving.deploying import intake
from mainspring.serving.deploying.deployments import Deployments
from mainspring.serving.deploying.intake import Intake
from mainspring.serving.deploying.problems import DeclarationError
from mainspring.serving.deploying.reconciler import Reconciler
from mainspring.serving.deploying.revision import File
from mainspring.serving.deploying.sources import FolderSource, Snapshot
from mainspring.serving.deploying.status import Status
from mainspring.serving.repository import ModelOptions

Make = Callable[..., File]


@pytest.fixture
def reconciler(deployments: Deployments, server: Any) -> Reconciler:
    return Reconciler(deployments, server, url="http://here")


def whats(deployments: Deployments) -> list[tuple[str, int | None, str]]:
    return [(one.what, one.number, one.deployment) for one in deployments.history()]


def test_what_is_wanted_is_served_once_and_then_nothing_is_done(
    deployments: Deployments, server: Any, reconciler: Reconciler, file: Make, recorded: Any
) -> None:
    revision = deployments.deploy([file(taxi="{model: 'taxi@${ALIAS}'}", bus="{model: bus:1.0.0}")], by="Ada")
    assert revision is not None
    assert deployments.deploy([file(taxi="{model: 'taxi@${ALIAS}'}", bus="{model: bus:1.0.0}")], by="Ada") is None
    for _ in range(3):
        status = reconciler.look()
    assert server.served == {"bus": ["1.0.0"], "taxi": ["1.0.0"]}
    assert server.ordered == ["taxi", "bus"]
    assert server.expected == ["bus", "taxi"]
    assert status.ok
    assert status.settled
    assert status.deployments["fares"].models == {"taxi": ("1.0.0",), "bus": ("1.0.0",)}
    assert deployments.status == status
    assert whats(deployments) == [("accepted", 1, ""), ("applied", 1, "fares")]
    [(number, told, verdict)] = recorded.kept
    assert (number, told["by"], bool(verdict)) == (1, "Ada", True)
    assert [one.subject for one in verdict.reasons if one.code == "REFERENCE_FOUND"] == ["taxi", "bus"]


def test_only_what_is_other_is_loaded_anew_and_what_is_gone_is_unloaded(
    deployments: Deployments, server: Any, reconciler: Reconciler, file: Make
) -> None:
    deployments.deploy([file(taxi="{model: taxi:1.0.0}", bus="{model: bus:1.0.0}")], by="Ada")
    reconciler.look()
    server.ordered.clear()
    deployments.deploy([file(taxi="{model: taxi:1.0.0, timeout: 3}")], by="Ada")
    reconciler.look()
    assert server.ordered == ["taxi", "-bus"]
    assert server.models.options("taxi").timeout == 3
    assert server.served == {"taxi": ["1.0.0"]}
    deployments.remove(["fares"], by="Ada")
    assert reconciler.look().deployments == {}
    assert server.served == {}


def test_several_versions_are_served_under_labels_and_the_first_is_the_primary_one(
    deployments: Deployments, server: Any, reconciler: Reconciler, file: Make
) -> None:
    versions = "{versions: {stable: taxi@production, next: taxi@candidate}, rollout: {canary: {to: next}}}"
    deployments.deploy([file(taxi=versions)], by="Ada")
    assert reconciler.look().ok
    assert dict(server.models.labels("taxi")) == {"stable": "1.0.0", "next": "1.1.0"}
    assert server.models.options("taxi").rollout.primary == "stable"
    assert server.models.options("taxi").rollout.canary.to == "next"


def test_a_canary_that_arrived_needs_no_rollout_any_more(
    deployments: Deployments, server: Any, shelf: Any, reconciler: Reconciler, file: Make
) -> None:
    versions = "{versions: {stable: taxi@production, next: taxi@candidate}, rollout: {canary: {to: next}}}"
    deployments.deploy([file(taxi=versions)], by="Ada")
    reconciler.look()
    shelf.put("taxi", "1.1.0", "production", shift=1.0)
    assert reconciler.look().ok
    assert dict(server.models.labels("taxi")) == {"stable": "1.1.0", "next": "1.1.0"}
    assert server.models.options("taxi").rollout.canary is None


def test_a_deployment_of_which_a_part_fails_stays_as_it_was_and_the_others_go_on(
    deployments: Deployments, server: Any, shelf: Any, file: Make
) -> None:
    reconciler = Reconciler(deployments, server, ticks=lambda: 1000.0)  # however long the machine takes
    deployments.deploy([file(taxi="{model: taxi:1.0.0}"), file("other", bus="{model: bus:1.0.0}")], by="Ada")
    reconciler.look()
    shelf.put("broken", "1.0.0", rows=0)  # it answers nothing, and is found out when it is warmed up
    deployments.deploy(
        [
            file(taxi="{model: taxi:1.1.0}", broken="{model: broken:1.0.0}"),
            file("other", bus="{model: bus:1.0.0, timeout: 9}"),
        ],
        by="Ada",
    )
    status = reconciler.look()
    assert server.served == {"bus": ["1.0.0"], "taxi": ["1.0.0"]}
    assert server.models.options("bus").timeout == 9
    assert not status.ok
    failed = status.deployments["fares"]
    assert (failed.state, failed.serving, failed.attempts) == ("failed", 1, 1)
    assert "output 'probabilities' has shape [0, 2]" in failed.message
    assert status.deployments["other"].state == "applied"
    before = list(server.ordered)
    reconciler.look()  # it is not time to try again
    assert server.ordered == before
    assert ("failed", 2, "fares") in whats(deployments)
    deployments.deploy([file(taxi="{model: taxi:1.1.0}")], by="Ada")
    assert reconciler.look().ok
    assert server.served == {"bus": ["1.0.0"], "taxi": ["1.1.0"]}


def test_what_fails_is_tried_again_later_and_later(
    deployments: Deployments, server: Any, shelf: Any, file: Make
) -> None:
    moment = [1000.0]
    reconciler = Reconciler(deployments, server, ticks=lambda: moment[0])
    found = shelf.put("late", "1.0.0")
    deployments.deploy([file(late="{model: late:1.0.0}")], by="Ada")
    options = shelf.made.pop(found.digest)
    shutil.rmtree(deployments.resolver.stock.place(found.digest))  # and its bytes are gone for a while
    tried = []
    for _ in range(200):
        before = reconciler.look().deployments["fares"].attempts
        tried.append(before)
        moment[0] += 1.0
    assert 5 <= tried[-1] <= 10
    shelf.made[found.digest] = options
    moment[0] += 60.0
    assert reconciler.look().ok
    assert server.served == {"late": ["1.0.0"]}


@pytest.mark.parametrize("by_hand", ["unload", "load"])
def test_what_is_changed_by_hand_is_put_right(
    deployments: Deployments, server: Any, reconciler: Reconciler, file: Make, by_hand: str
) -> None:
    deployments.deploy([file(taxi="{model: taxi:1.0.0, timeout: 3}")], by="Ada")
    reconciler.look()
    if by_hand == "unload":
        server.unload("taxi")
    else:
        server.load("taxi", '{"timeout": 1}')
        assert server.models.options("taxi").timeout == 1
    status = reconciler.look()
    assert server.models.options("taxi").timeout == 3
    assert server.served == {"taxi": ["1.0.0"]}
    assert status.repaired == 1
    assert reconciler.look().repaired == 1
    assert whats(deployments)[-1] == ("drift", 1, "fares")


def test_an_alias_that_moves_is_followed_unless_somebody_rolled_back(
    deployments: Deployments, server: Any, shelf: Any, reconciler: Reconciler, file: Make
) -> None:
    deployments.deploy([file(taxi="{model: taxi@production}")], by="Ada")
    reconciler.look()
    shelf.put("taxi", "1.1.0", "production", shift=1.0)
    reconciler.look()
    assert server.served == {"taxi": ["1.1.0"]}
    current = deployments.archive.current
    assert current is not None
    assert (current.number, current.cause) == (2, "alias")
    assert "1.0.0" in current.reason
    assert "1.1.0" in current.reason
    revision = deployments.rollback(by="Ada", reason="worse")
    assert revision is not None
    reconciler.look()
    reconciler.look()
    assert server.served == {"taxi": ["1.0.0"]}
    assert deployments.archive.number == 3
    deployments.deploy([file(taxi="{model: taxi@production, timeout: 5}")], by="Ada")
    reconciler.look()
    assert server.served == {"taxi": ["1.1.0"]}


def test_an_alias_that_moves_to_what_may_not_be_served_is_not_followed(
    deployments: Deployments, server: Any, shelf: Any, reconciler: Reconciler, file: Make
) -> None:
    deployments.deploy([file(taxi="{model: taxi@production}")], by="Ada")
    reconciler.look()
    shelf.put("taxi", "1.1.0", "production", shift=1.0)
    shelf.blessings["taxi:1.1.0"] = False
    for _ in range(2):
        status = reconciler.look()
    assert server.served == {"taxi": ["1.0.0"]}
    assert "blessing of taxi@production (1.1.0) was taken back" in status.trouble
    assert [one.what for one in deployments.history()].count("refused") == 1


def test_after_a_restart_what_was_served_before_stands_in_for_what_cannot_be(
    deployments: Deployments, server: Any, shelf: Any, reconciler: Reconciler, file: Make, rule: ModuleType
) -> None:
    deployments.deploy([file(taxi="{model: taxi:1.0.0}")], by="Ada")
    reconciler.look()
    shelf.put("taxi", "2.0.0", rows=0)
    deployments.deploy([file(taxi="{model: taxi:2.0.0}")], by="Ada")
    reconciler.look()
    fresh = type(server)(rule)
    try:
        status = Reconciler(deployments, fresh).look()
        assert fresh.served == {"taxi": ["1.0.0"]}
        assert (status.deployments["fares"].state, status.deployments["fares"].serving) == ("failed", 1)
    finally:
        fresh.close()


def test_a_folder_is_followed_whole_or_not_at_all(
    deployments: Deployments, server: Any, file: Make, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    reconciler = Reconciler(deployments, server, source=FolderSource(folder))

    def look_twice() -> Status:
        reconciler.look()  # files that were just written are left for the next look
        return reconciler.look()

    (folder / "a.yaml").write_text(file("a", taxi="{model: taxi:1.0.0}").text)
    (folder / "b.yaml").write_text(file("b", bus="{model: bus:1.0.0}").text)
    assert look_twice().ok
    assert server.served == {"bus": ["1.0.0"], "taxi": ["1.0.0"]}
    (folder / "a.yaml").write_text(file("a", taxi="{model: taxi:1.1.0}").text)
    (folder / "b.yaml").write_text(file("b", bus="{model: bus:3.0.0}").text)
    status = look_twice()
    assert "b.yaml:3: there is no bus:3.0.0" in status.refused
    assert server.served == {"bus": ["1.0.0"], "taxi": ["1.0.0"]}
    (folder / "b.yaml").unlink()
    status = look_twice()
    assert status.ok
    assert server.served == {"taxi": ["1.1.0"]}
    (folder / "a.yaml").unlink()
    status = look_twice()
    assert "there is no deployment file" in status.refused
    assert server.served == {"taxi": ["1.1.0"]}
    (folder / "a.yaml").write_bytes(b"\xff\xfe\x00")
    assert "a.yaml: it is no text" in look_twice().refused
    (folder / "a.yaml").unlink()
    folder.rmdir()
    assert "cannot be read" in look_twice().trouble
    assert server.served == {"taxi": ["1.1.0"]}


class OneSnapshot:
    """A source that is empty until somebody puts something into it."""

    name = "here"

    def __init__(self) -> None:
        self.found: Snapshot | None = None

    def look(self) -> Snapshot | None:
        found, self.found = self.found, None
        return found


def test_whoever_wakes_it_has_it_look_at_once(deployments: Deployments, server: Any, file: Make) -> None:
    source = OneSnapshot()
    reconciler = Reconciler(deployments, server, source=source, seconds=600.0)
    thread = threading.Thread(target=reconciler.run)
    thread.start()
    try:
        until(lambda: deployments.status is not None)
        source.found = Snapshot(files=(file(taxi="{model: taxi:1.0.0}"),), by="Ada")
        reconciler.wake()
        until(lambda: server.served == {"taxi": ["1.0.0"]})
    finally:
        reconciler.stop()
        thread.join(20)
    assert not thread.is_alive()


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_an_alias_that_is_gone_keeps_nobody_else_from_following_nor_from_going_back(
    deployments: Deployments, server: Any, shelf: Any, reconciler: Reconciler, file: Make
) -> None:
    deployments.deploy([file(taxi="{model: taxi@production}"), file("b", bus="{model: bus@production}")], by="Ada")
    reconciler.look()
    del shelf.known["taxi@production"]
    shelf.put("bus", "1.1.0", "production", shift=3.0)
    for _ in range(2):
        status = reconciler.look()
    assert server.served == {"bus": ["1.1.0"], "taxi": ["1.0.0"]}
    assert "fares stays as it is: there is no taxi@production" in status.trouble
    assert deployments.archive.number == 2
    assert deployments.rollback(by="Ada") is not None
    status = reconciler.look()
    assert status.ok
    assert server.served == {"bus": ["1.0.0"], "taxi": ["1.0.0"]}


def test_bytes_that_are_gone_are_missed_before_anything_changes(
    deployments: Deployments, shelf: Any, file: Make
) -> None:
    del shelf.made[shelf.put("tram", "1.0.0").digest]
    with pytest.raises(DeclarationError, match="its bytes are gone"):
        deployments.deploy([file(tram="{model: tram:1.0.0}", taxi="{model: taxi:1.0.0}")], by="Ada")
    assert deployments.archive.number == 0


def test_code_that_changes_in_a_folder_is_taken(deployments: Deployments, file: Make, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    taking = Intake(deployments, FolderSource(folder))
    (folder / "a.yaml").write_text(file("a", own="{component: {entry: 'own.py:Own'}}").text)
    digests = []
    for text in ("one = 1", "two = 22", "two = 22"):
        (folder / "own.py").write_text(f"{text}\nclass Own: pass\n")
        taking.look()
        revision = taking.look()
        assert revision is not None
        digests.append((revision.number, revision.pins["a"]["own"][0].digest))
    assert digests[0] != digests[1] == digests[2]
    assert [number for number, _ in digests] == [1, 2, 2]


def test_files_that_were_refused_are_taken_once_what_they_lacked_is_there(
    deployments: Deployments, shelf: Any, file: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "AGAIN_SECONDS", 0.0)
    folder = tmp_path / "files"
    folder.mkdir()
    taking = Intake(deployments, FolderSource(folder))
    (folder / "a.yaml").write_text(file("a", tram="{model: tram@production}").text)
    for _ in range(4):
        taking.look()
    assert "there is no tram@production" in taking.refused
    assert [one.what for one in deployments.history()] == ["refused"]
    shelf.put("tram", "1.0.0", "production")
    revision = taking.look()
    assert revision is not None
    assert not taking.refused
    # Refused, then somebody went back, and then what was missing is there: it stays as they have it.
    (folder / "a.yaml").write_text(file("a", tram="{model: tram@production, timeout: 3}").text)
    taking.look()
    taking.look()
    (folder / "a.yaml").write_text(file("a", tram="{model: tram@candidate}").text)
    taking.look()
    taking.look()
    deployments.rollback(by="Ada")
    shelf.put("tram", "1.1.0", "candidate")
    for _ in range(2):
        taking.look()
    assert deployments.archive.number == 3


def test_what_cannot_be_accepted_at_the_moment_is_accepted_later(
    deployments: Deployments, file: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.yaml").write_text(file("a", taxi="{model: taxi:1.0.0}").text)
    taking = Intake(deployments, FolderSource(folder))
    taking.look()
    (tmp_path / "desired").mkdir(exist_ok=True)
    (tmp_path / "desired/packages").write_text("this is no folder: nothing can be kept in it")
    assert taking.look() is None
    assert "a copy cannot be kept" in taking.trouble
    (tmp_path / "desired/packages").unlink()
    assert taking.look() is not None
    assert not taking.trouble


def test_a_rollback_stays_until_the_source_changes(deployments: Deployments, file: Make, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    intake = Intake(deployments, FolderSource(folder))
    for version in ("1.0.0", "1.1.0"):
        (folder / "a.yaml").write_text(file("a", taxi=f"{{model: taxi:{version}}}").text)
        intake.look()
        intake.look()
    assert deployments.archive.number == 2
    revision = deployments.rollback(by="Ada")
    assert revision is not None
    assert [pin.version for pin in revision.pins["a"]["taxi"]] == ["1.0.0"]
    for _ in range(2):
        Intake(deployments, FolderSource(folder)).look()
    assert deployments.archive.number == 3
    (folder / "a.yaml").write_text(file("a", taxi="{model: taxi:1.1.0, timeout: 2}").text)
    intake.look()
    intake.look()
    assert deployments.archive.number == 4


def test_labels_and_rollouts_change_without_loading_anything(
    deployments: Deployments, server: Any, reconciler: Reconciler, file: Make
) -> None:
    versions = "{versions: {stable: taxi:1.0.0, next: taxi:1.1.0}, rollout: {ROLLOUT}}"
    deployments.deploy([file(taxi=versions.replace("ROLLOUT", "shadow: {to: next}"))], by="Ada")
    reconciler.look()
    before = [id(one.model) for one in server.models]
    deployments.deploy([file(taxi=versions.replace("ROLLOUT", "primary: next"))], by="Ada")
    assert reconciler.look().ok
    assert server.models.options("taxi").rollout.primary == "next"
    assert [id(one.model) for one in server.models] == before
    assert reconciler.look().repaired == 0


def test_a_class_whose_file_changed_is_another_one_and_a_rollback_has_the_code_of_then(
    deployments: Deployments, file: Make, tmp_path: Path
) -> None:
    said = file(own="{component: {entry: 'own.py:Own', arguments: {words: words.txt}, python: ./bin/python}}")
    (tmp_path / "own.py").write_text("import beside\nclass Own: pass\n")
    (tmp_path / "stranger.py").write_text("nobody = 'imports me'\n")
    (tmp_path / "words.txt").write_text("a b c")

    def own() -> tuple[Path, str]:
        current = deployments.archive.current
        assert current is not None
        declaration = deployments.read(said).declaration
        load = deployments.resolver.loads(declaration, current.pins["fares"], tmp_path)["own"]
        component = msgspec.json.decode(load.config, type=ModelOptions).component
        assert component is not None
        assert component.file is not None
        assert component.folder == str(component.file.parent) == load.packages[0].folder
        assert component.python == str(tmp_path / "bin/python")
        return component.file.parent, load.packages[0].digest

    places = []
    for text in ("then = 1", "then = 2"):
        (tmp_path / "beside.py").write_text(text)
        assert deployments.deploy([said], by="Ada") is not None
        place, _ = own()
        places.append(place)
        assert sorted(one.name for one in place.iterdir()) == ["beside.py", "own.py", "words.txt"]
    assert places[0] != places[1]
    (tmp_path / "stranger.py").write_text("changed = True")
    assert deployments.deploy([said], by="Ada") is None
    for name in ("own.py", "beside.py", "words.txt"):
        (tmp_path / name).unlink()
    deployments.rollback(by="Ada")
    assert own()[0] == places[0]
    assert (places[0] / "beside.py").read_text() == "then = 1"
