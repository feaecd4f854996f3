"""Verdicts: ok exactly when every reason is, alone and merged, on disk and back."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core import Reason, Verdict

reasons = st.builds(
    Reason,
    ok=st.booleans(),
    code=st.sampled_from(["METRIC_OK", "METRIC_BELOW_THRESHOLD", "DRIFT"]),
    message=st.text(max_size=10),
    subject=st.none() | st.text(max_size=10),
    observed=st.none() | st.floats(allow_nan=False) | st.text(max_size=5),
    expected=st.none() | st.floats(allow_nan=False) | st.text(max_size=5),
)
details = st.dictionaries(st.text(max_size=5), st.integers() | st.lists(st.floats(allow_nan=False)), max_size=3)
verdicts = st.builds(
    Verdict.of, st.sampled_from(["data", "model", "infra"]), st.lists(reasons, max_size=4), details
)

GOOD = Reason(ok=True, code="METRIC_OK", message="auc 0.95 >= 0.9", subject="auc", observed=0.95, expected=0.9)
BAD = Reason(
    ok=False, code="METRIC_BELOW_THRESHOLD", message="auc 0.7 < 0.9", subject="auc", observed=0.7, expected=0.9
)


def test_one_bad_reason_closes_the_gate_and_the_good_ones_are_kept() -> None:
    verdict = Verdict.of("model gate", [GOOD, BAD])
    assert not verdict
    assert verdict.failures == (BAD,)
    assert verdict.reasons == (GOOD, BAD)
    assert verdict.properties() == {"ok": False, "gate": "model gate", "failures": 1}


def test_a_gate_without_reasons_is_open() -> None:
    assert Verdict.of("nothing asked", [])


def test_merge_by_hand() -> None:
    merged = Verdict.of("data", [GOOD], {"rows": 3}).merge(Verdict.of("model", [BAD]), Verdict.of("data", []))
    assert merged == Verdict("data + model", ok=False, reasons=(GOOD, BAD), details={"rows": 3})


@given(verdicts)
def test_ok_exactly_when_every_reason_is(verdict: Verdict) -> None:
    assert bool(verdict) == verdict.ok == (not verdict.failures)


@given(verdicts, verdicts, verdicts)
def test_merge_is_associative_in_what_it_decides(a: Verdict, b: Verdict, c: Verdict) -> None:
    left, right, flat = a.merge(b).merge(c), a.merge(b.merge(c)), a.merge(b, c)
    assert left.ok == right.ok == flat.ok == (a.ok and b.ok and c.ok)
    assert left.reasons == right.reasons == flat.reasons
    assert left.details == right.details == flat.details


@given(verdicts)
def test_merge_with_nothing_changes_nothing(verdict: Verdict) -> None:
    assert verdict.merge() == verdict


@given(verdicts, verdicts)
def test_merge_decides_the_same_in_either_order(a: Verdict, b: Verdict) -> None:
    assert a.merge(b).ok == b.merge(a).ok
    assert set(a.merge(b).failures) == set(b.merge(a).failures)


@given(verdicts)
def test_a_verdict_comes_back_as_it_was(verdict: Verdict) -> None:
    assert Verdict.from_dict(json.loads(json.dumps(verdict.as_dict()))) == verdict
    with tempfile.TemporaryDirectory() as folder:
        verdict.save(Path(folder))
        assert [path.name for path in Path(folder).iterdir()] == ["verdict.json"]
        assert Verdict.load(Path(folder)) == verdict


def test_equal_verdicts_write_equal_bytes(tmp_path: Path) -> None:
    written = []
    for name, found in [("one", {"a": 1, "b": 2}), ("other", {"b": 2, "a": 1})]:
        (tmp_path / name).mkdir()
        Verdict.of("gate", [GOOD], found).save(tmp_path / name)
        written.append((tmp_path / name / "verdict.json").read_bytes())
    assert written[0] == written[1]


def test_a_verdict_in_a_condition_reads_like_a_sentence() -> None:
    assert (1 if Verdict.of("gate", [GOOD]) else 0) == 1
    assert all([Verdict.of("gate", [GOOD]), Verdict.of("gate", [])])


def test_a_file_that_is_no_verdict_is_not_read_as_one(tmp_path: Path) -> None:
    (tmp_path / "verdict.json").write_text("{}")
    with pytest.raises(KeyError, match="gate"):
        Verdict.load(tmp_path)
