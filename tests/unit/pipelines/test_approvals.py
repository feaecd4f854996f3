"""A person's word: who signed what, when and why; asked once; answered by one."""

import threading
from typing import Any

import pytest

from mainspring.core.errors import InputError, MainspringError, StateError
from mainspring.core.records import Direction, ExecutionState, Kind
from mainspring.pipelines import at_exit, pipeline, step, unless, when
from mainspring.pipelines.approvals import Approval, answer, approval, waiting
from mainspring.pipelines.cancelling import cancel


@step
def measure(quality: int) -> int:
    return quality


@step
def release(quality: int) -> str:
    return f"released {quality}"


@step
def withdraw() -> str:
    return "withdrawn"


@step(cache=False)
def goodbye() -> None:
    return None


@pipeline
def releasing(quality: int = 1) -> None:
    seen = measure(quality)
    said = approval("Release it?", evidence=[seen])
    with when(said):
        release(seen)
    with unless(said):
        withdraw()
    at_exit(goodbye)


def states(result: Any) -> dict[str, str]:
    """How each node ended, as words."""
    return {name: node.state.value for name, node in result.nodes.items()}


def sign(place: Any, run: str, *, ok: bool = True, reason: str = "it is fine", **more: Any) -> Any:
    """Answer."""
    return answer(place.records, place.stores.blobs, run, ok=ok, by="Ada", reason=reason, **more)


def test_a_run_parks_and_goes_on_when_somebody_signed(place: Any) -> None:
    parked = place.run(releasing.build(), name="r")
    assert parked.state is ExecutionState.WAITING
    assert states(parked) == {
        "measure": "COMPLETE",
        "approval": "WAITING",
        "release": "WAITING",
        "withdraw": "WAITING",
    }
    assert place.records.run("r").state is ExecutionState.WAITING
    assert [one.properties["node"] for one in waiting(place.records, "r")] == ["approval"]
    again = place.resume(releasing.build(), "r")
    assert again.state is ExecutionState.WAITING, "nobody has answered"

    (given,) = sign(place, "r")
    assert (given.ok, given.by, given.reason, given.question) == (True, "Ada", "it is fine", "Release it?")
    on = place.resume(releasing.build(), "r")
    assert on.state is ExecutionState.COMPLETE
    assert states(on)["release"] == "COMPLETE"
    assert on.nodes["withdraw"].reason == "approval said yes"
    assert place.value(on, "release") == "released 1"


def test_a_rejection(place: Any) -> None:
    place.run(releasing.build(), name="r")
    sign(place, "r", ok=False, reason="not yet")
    on = place.resume(releasing.build(), "r")
    assert on.state is ExecutionState.COMPLETE
    assert on.nodes["release"].reason == "approval said no"
    assert place.value(on, "withdraw") == "withdrawn"


def test_the_signature_is_in_the_lineage_of_what_it_allowed(place: Any) -> None:
    place.run(releasing.build(), name="r")
    (given,) = sign(place, "r")
    on = place.resume(releasing.build(), "r")
    made = on.nodes["release"].outputs["result"]
    above = place.stores.record.lineage(Kind.ARTIFACT, [made.id], direction=Direction.UP)
    signatures = [node for node in above.nodes.values() if getattr(node, "type", "") == Approval.ARTIFACT_TYPE]
    assert [dict(one.properties) for one in signatures] == [dict(given.properties())]
    seen = on.nodes["measure"].outputs["result"]
    assert (Kind.ARTIFACT, seen.id) in above.nodes, "and so is the evidence"


def test_the_same_question_on_the_same_evidence_is_asked_once(place: Any) -> None:
    place.run(releasing.build(), name="one")
    sign(place, "one")
    assert place.run(releasing.build(), name="two").state is ExecutionState.COMPLETE
    other = place.run(releasing.build(quality=2), name="three")
    assert other.state is ExecutionState.WAITING, "other evidence is another question"


def test_an_answer_needs_a_name_and_a_reason(place: Any) -> None:
    place.run(releasing.build(), name="r")
    with pytest.raises(InputError, match="a name and a reason"):
        answer(place.records, place.stores.blobs, "r", ok=True, by=" ", reason="x")
    with pytest.raises(InputError, match="a name and a reason"):
        sign(place, "r", reason="  ")


def test_nothing_to_answer(place: Any) -> None:
    place.run(releasing.build(), name="r")
    with pytest.raises(StateError, match="run r waits for no approval of 'other'"):
        sign(place, "r", node="other")
    sign(place, "r", node="approval")
    with pytest.raises(StateError, match="run r waits for no approval") as caught:
        sign(place, "r")
    assert "mainspring resume r" in str(caught.value.fix)


def test_of_several_who_answer_at_once_one_is_heard(place: Any) -> None:
    place.run(releasing.build(), name="r")
    asked = waiting(place.records, "r")[0]
    barrier, heard, refused = threading.Barrier(4), [], []

    def speak(number: int) -> None:
        from mainspring.pipelines import approvals

        barrier.wait()
        try:
            heard.append(
                approvals._answer(
                    place.records, place.stores.blobs, asked, ok=number % 2 == 0, by=f"p{number}", reason="x"
                )
            )
        except MainspringError as error:
            refused.append(error)

    threads = [threading.Thread(target=speak, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(heard), len(refused)) == (1, 3)
    assert all(isinstance(one, StateError) for one in refused)
    found = place.stores.record.find(Kind.ARTIFACT, "type = :t", {"t": Approval.ARTIFACT_TYPE}).items
    assert [one.properties["by"] for one in found] == [heard[0].by]


def test_several_questions(place: Any) -> None:
    @pipeline
    def two() -> None:
        first = approval("One?")
        second = approval("Two?")
        with when(first, second):
            withdraw()

    place.run(two.build(), name="r")
    sign(place, "r", node="approval")
    half = place.resume(two.build(), "r")
    assert half.state is ExecutionState.WAITING
    assert [one.custom["question"] for one in waiting(place.records, "r")] == ["Two?"]
    sign(place, "r")
    assert place.resume(two.build(), "r").state is ExecutionState.COMPLETE


def test_a_parked_run_is_cancelled_at_once_and_can_be_resumed(place: Any) -> None:
    place.run(releasing.build(), name="r")
    ended = cancel(place.records, "r", by="Ada", reason="no longer wanted")
    assert ended.state is ExecutionState.CANCELED
    assert waiting(place.records, "r") == []
    with pytest.raises(StateError, match="has ended: CANCELED"):
        cancel(place.records, "r", by="Ada", reason="again")
    assert place.resume(releasing.build(), "r").state is ExecutionState.WAITING
    (given,) = sign(place, "r")
    assert given.ok


def test_an_approval_is_saved_and_loaded(tmp_path: Any) -> None:
    given = Approval(ok=True, question="Ä?", by="Ada", reason="gut", at="2026-11-21T00:00:00Z", subject="sha256:1")
    given.save(tmp_path)
    assert Approval.load(tmp_path) == given
    assert bool(given)


def test_an_approval_outside_a_pipeline() -> None:
    with pytest.raises(StateError, match="answered by a person"):
        approval("Really?")
