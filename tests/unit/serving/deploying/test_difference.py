"""What would change, field by field."""

from hypothesis import given
from hypothesis import strategies as st

from mainspring.serving.deploying.difference import State, differences, lines_of
from mainspring.serving.deploying.revision import Pinned


def state(version: str = "1.0.0", **said: object) -> State:
    pins = {"taxi": (Pinned(version=version, digest="sha256:0123456789abcdef", reference="taxi@production"),)}
    return State(
        plain={"deployment": "fares", "models": {"taxi": {"model": "taxi@production", **said}}}, pins=pins
    )


def test_every_kind_of_change_is_told() -> None:
    before = {"fares": state(timeout=3, batching={"max_wait": 1}), "old": state(), "same": state()}
    after = {"fares": state("1.1.0", batching={"max_wait": 2, "adaptive": False}), "new": state(), "same": state()}
    found = differences(before, after)
    assert [(one.deployment, one.kind) for one in found] == [
        ("fares", "changed"),
        ("new", "added"),
        ("old", "removed"),
        ("same", "unchanged"),
    ]
    assert lines_of(found)[:5] == (
        "fares: changed",
        "  ~ models.taxi serves: 1.0.0 (0123456789ab) -> 1.1.0 (0123456789ab)",
        "  + models.taxi.batching.adaptive: false",
        "  ~ models.taxi.batching.max_wait: 1 -> 2",
        "  - models.taxi.timeout: 3",
    )


def test_what_becomes_of_a_rollout_is_told() -> None:
    canary, other = ({"canary": {"to": "next", "steps": steps}} for steps in ([5, 50], [5, 100]))
    before = state(rollout=canary)
    for after, note in (
        (before, None),
        (state(rollout=canary, timeout=3), "the rollout of taxi goes on where it is"),
        (state(rollout=other), "the rollout of taxi begins anew, whatever it has come to"),
        (state("1.1.0", rollout=canary), "the rollout of taxi begins anew, whatever it has come to"),
        (state(), "the rollout of taxi ends, whatever it has come to"),
    ):
        [found] = differences({"a": before}, {"a": after})
        assert found.notes == (() if note is None else (note,))
        assert note is None or f"  ! {note}" in lines_of((found,))
    [found] = differences({"a": state()}, {"a": before})
    assert found.notes == ()


plains = st.dictionaries(
    st.sampled_from("abc"),
    st.recursive(st.integers(0, 3), lambda one: st.dictionaries(st.sampled_from("xyz"), one), max_leaves=6),
)


@given(plains, plains)
def test_what_is_told_is_all_that_is_different(before: dict[str, object], after: dict[str, object]) -> None:
    [there] = differences({"a": State(plain=before, pins={})}, {"a": State(plain=after, pins={})})
    [back] = differences({"a": State(plain=after, pins={})}, {"a": State(plain=before, pins={})})
    assert (there.kind == "unchanged") == (before == after)
    assert [(one.path, one.before, one.after) for one in there.fields] == [
        (one.path, one.after, one.before) for one in back.fields
    ]
