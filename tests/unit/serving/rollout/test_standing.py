from pathlib import Path

import pytest

from mainspring.core.errors import IntegrityError
from mainspring.core.verdicts import Reason, Verdict
from mainspring.serving.rollout import history
from mainspring.serving.rollout.history import Event
from mainspring.serving.rollout.leading import Leadership
from mainspring.serving.rollout.options import Canary, Rollout
from mainspring.serving.rollout.standing import Counted, Standing, StateFolder, plan_of


def test_what_is_written_is_read_whole_or_not_at_all(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    assert state.read("a/b") is None
    standing = Standing(plan="p", number=3, step=1, labels={"stable": "2"}, counted=Counted(((1.0, 2.0),)))
    state.write("a/b", standing)
    assert state.read("a/b") == standing
    assert [path.name for path in state.of("a/b").iterdir()] == ["standing.json"]
    (state.of("a/b") / "standing.json").write_bytes(b'{"plan"')
    with pytest.raises(IntegrityError, match="begins anew"):
        state.read("a/b")


def test_a_folder_that_nobody_asked_to_keep_is_removed() -> None:
    state = StateFolder(None)
    state.write("taxi", Standing(plan="p"))
    folder = state.folder
    assert folder.is_dir()
    state.close()
    assert not folder.exists()


def test_another_declaration_or_version_is_another_plan() -> None:
    rollout = Rollout(canary=Canary(to="next"))
    plans = {
        plan_of(rollout, "1", "2"),
        plan_of(rollout, "1", "3"),
        plan_of(rollout, "2", "3"),
        plan_of(Rollout(canary=Canary(to="next", every=5)), "1", "2"),
    }
    assert len(plans) == 4
    assert plan_of(Rollout(canary=Canary(to="next")), "1", "2") in plans


def _event(number: int, kind: history.Kind = "advanced") -> Event:
    verdict = Verdict.of("rollout", [Reason(ok=True, code="C", message="m", observed=1.5)], {"step": number})
    return Event(number=number, time=1.0, model="taxi", kind=kind, verdict=verdict.as_dict())


def test_history_survives_a_line_that_is_half_there_and_tells_what_was_written_twice_once(tmp_path: Path) -> None:
    assert list(history.read(tmp_path)) == []
    history.append(tmp_path, _event(1, "began"))
    history.append(tmp_path, _event(2))
    with (tmp_path / history.FILE).open("ab") as file:
        file.write(b'{"number": 3, "time"')  # killed here
    history.append(tmp_path, _event(3))
    history.append(tmp_path, _event(3, "promoted"))
    found = list(history.read(tmp_path))
    assert [(one.number, one.kind) for one in found] == [(1, "began"), (2, "advanced"), (3, "promoted")]
    assert found[2].judged.reasons[0].observed == 1.5


def test_one_decides_until_it_lets_go(tmp_path: Path) -> None:
    first, second = Leadership(tmp_path / "x" / ".leader"), Leadership(tmp_path / "x" / ".leader")
    assert first.hold()
    assert first.hold()
    assert not second.hold()
    first.let_go()
    assert second.hold()
    assert not first.hold()
    second.let_go()
