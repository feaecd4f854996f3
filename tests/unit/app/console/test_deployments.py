"""Deployments without a server: what was declared, logged and marked as private is shown all the same."""

from __future__ import annotations

import math
import socket
from pathlib import Path

import pytest
from tests.unit.app.console.conftest import words_of
from tests.unit.app.console.test_deployments_log import START, record, write

from mainspring.app.accounts import Role
from mainspring.app.api.subjects.deployments.figures import Counts, counts_of, read, together
from mainspring.app.api.subjects.deployments.rollouts import Arm, Canary, Guard, Standing, Told
from mainspring.app.api.subjects.deployments.telling import wilson
from mainspring.app.api.subjects.deployments.watching import load_of
from mainspring.app.web.rooms.deployments import pictures, words
from mainspring.serving.rollout.options import Bandit, Rollout
from mainspring.serving.rollout.options import Canary as DeclaredCanary

SCHEMA = """
features:
  age: {type: INT}
  city: {type: STRING, tags: [private]}
"""

METRICS = """
# TYPE mainspring_requests_total counter
mainspring_requests_total{model="loans",version="1",protocol="v1",code="200"} 90
mainspring_requests_total{model="loans",version="1",protocol="v1",code="400"} 6
mainspring_requests_total{model="loans",version="2",protocol="v1",code="500"} 4
mainspring_request_seconds_bucket{model="loans",version="1",le="0.001"} 48
mainspring_request_seconds_bucket{model="loans",version="1",le="0.01"} 96
mainspring_request_seconds_bucket{model="loans",version="1",le="+Inf"} 96
mainspring_request_seconds_sum{model="loans",version="1"} 0.3
mainspring_in_flight{model="a \\"b\\"",version="1"} 2
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    (tmp_path / "mainspring.toml").write_text(f"[project]\nname = 'loans'\n\n[serving]\nport = {port}\n")
    (tmp_path / "schema.yaml").write_text(SCHEMA)
    log = tmp_path / ".mainspring" / "predictions"
    write(
        log,
        [
            record(0, id="first", columns={"age": [41], "city": ["<script>alert(1)</script>"]}),
            record(
                1,
                id="wrong",
                status=400,
                error="column 'city' holds 7",
                columns={},
                outputs={},
                body='{"city": 7}',
            ),
            record(2, id="last", columns={"age": [42], "city": ["Chur"]}),
        ],
    )
    return tmp_path


def test_without_a_server_pages_say_how_to_start_one(using, project: Path) -> None:
    used = using(project)
    html = used.page("/deployments")
    assert "No prediction server answers at http://127.0.0.1:" in words_of(html)
    assert "mainspring serve NAME@production" in html
    assert used.get("/deployments")["server"]["reachable"] is False
    html = words_of(used.page("/deployments/loans"))
    assert "No prediction server answers" in html
    assert "of the latest 2 answers" in html
    assert "no model &#39;nothing&#39; is served" in used.page("/deployments/nothing", 404)
    moved = used.post("/deployments/loans/rollout/share", {"percent": 20}, 503)
    assert moved["error"]["fix"] == "start it with: mainspring serve NAME"


@pytest.mark.parametrize(
    ("since", "shown"),
    [("2026-03-08T06:00Z", "2026-03-08T06:00"), ("2026-03-08", "2026-03-08T00:00"), ("soon", "")],
)
def test_moments_are_filled_in_in_the_readers_own_time(using, project: Path, since, shown) -> None:
    """The script turns them from UTC and back."""
    html = using(project).page(f"/deployments/loans/requests?since={since}")
    assert f'<input type="datetime-local" name="since" value="{shown}" data-moment>' in html


def test_requests_are_listed_and_shown_with_private_values_masked(using, project: Path) -> None:
    used = using(project, role=Role.VIEWER)
    found = used.get("/deployments/loans/requests")
    assert [one["id"] for one in found["requests"]] == ["last", "wrong", "first"]
    assert found["requests"][0]["score"] == 0.75
    assert found["requests"][1]["error"] == "400: it is about private values"
    assert found["hidden"] == ["city"]
    one = used.get("/deployments/loans/requests/last")
    assert one["values"] == [{"age": 42, "city": "•••"}]
    assert one["record"].get("body") is None
    html = used.page("/deployments/loans/requests/last")
    assert "Chur" not in html
    assert "An admin may see them" in html
    assert "private" in used.get("/deployments/loans/requests", 400, columns="city = Chur")["error"]["found"]
    assert "age &gt;&gt; is no condition" not in used.page("/deployments/loans/requests?columns=age")
    assert "no request" in used.get("/deployments/loans/requests/none", 404)["error"]["found"]


def test_an_admin_sees_private_values_and_the_trail_knows(using, project: Path) -> None:
    used = using(project, role=Role.APPROVER)
    used.get("/deployments/loans/requests/last/private", 403)
    used.somebody.role = Role.ADMIN
    used.trail.entries.clear()
    html = used.page("/deployments/loans/requests/first?private=shown")
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html
    (entry,) = used.trail.entries
    assert (entry.operation, entry.who, dict(entry.given)) == (
        "deployments.reveal",
        "ada",
        {"model": "loans", "request": "first"},
    )
    used.page("/deployments/loans/requests/first")
    assert len(used.trail.entries) == 1


def test_a_viewer_moves_nothing(using, project: Path) -> None:
    used = using(project, role=Role.EDITOR)
    for verb in ("share", "advance", "hold", "resume", "promote", "rollback"):
        used.post(f"/deployments/loans/rollout/{verb}", {"percent": 5} if verb == "share" else {}, 403)
    used.post("/deployments/loans/labels", {"label": "live", "version": "2"}, 403)
    used.post("/declarations/revert", {}, 403)


def test_a_file_is_checked_with_its_lines(using, project: Path) -> None:
    used = using(project)
    text = "deployment: loans\nmodels:\n  loans: {model: loans@production}\n  other: {what: 1}\n"
    found = used.post("/declarations/check", {"text": text})
    assert found["ok"] is False
    assert {one["where"] for one in found["problems"]} == {"pasted.yaml:3", "pasted.yaml:4"}
    told = used.act("deployments.check", then="/deployments?tab=check", text="deployment: [")
    assert told["told"].startswith("One thing is wrong")
    html = words_of(used.page("/deployments?tab=declared"))
    assert "Nothing is declared yet" in html
    assert "there is nothing to roll back to" in used.post("/declarations/revert", {}, 409)["error"]["found"]


def test_metrics_are_read_and_times_are_found_between_bounds() -> None:
    metrics = read(METRICS)
    assert metrics["mainspring_in_flight"] == [({"model": 'a "b"', "version": "1"}, 2.0)]
    counts = counts_of(metrics)
    whole = together(counts, "loans")
    assert (whole.requests, whole.refused, whole.faults) == (100, 6, 4)
    assert together(counts, "loans", "2").requests == 4
    assert whole.quantile(0.25) == pytest.approx(0.0005)
    assert whole.quantile(0.75) == pytest.approx(0.0055)
    assert Counts().quantile(0.5) is None


def test_rates_are_those_of_the_last_half_minute_and_a_restart_counts_anew() -> None:
    def seen(requests: float, faults: float = 0.0) -> Counts:
        return Counts(requests, faults, bounds=(0.01, math.inf), times=[requests, requests])

    load = load_of([(0.0, seen(0)), (100.0, seen(1000)), (110.0, seen(1050, 5)), (120.0, seen(1200, 5))])
    assert (load.rate, load.requests, load.seconds) == (10.0, 1200, 20.0)
    assert load.fault_share == 5 / 200
    assert load.rates == [10.0, 5.0, 15.0]
    again = load_of([(0.0, seen(1000)), (10.0, seen(50))])
    assert again.rate == 5.0
    first = load_of([(0.0, seen(10))])
    assert (first.rate, first.p50) == (None, pytest.approx(0.005))


def test_the_interval_of_a_share_is_wilsons() -> None:
    # Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine, 1998, table I.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert wilson(0, 0) == (None, None)


def test_a_rollout_is_told_in_words() -> None:
    arms = (Arm(arm="stable", version="1", share=0.75), Arm(arm="next", version="2", share=0.25))
    guards = (
        Guard(figure="error_rate", answer="good", worse=0.1),
        Guard(figure="accuracy", answer="unknown", worse=0.1),
    )
    standing = Standing(
        model="loans",
        policy="canary",
        phase="running",
        number=2,
        since=START,
        began=START,
        primary={"arm": "stable", "version": "1"},
        arms=arms,
        canary=Canary(step=2, steps=(5.0, 20.0, 50.0), share=25.0, by_hand=True, guards=guards),
    )
    declared = Rollout(primary="stable", canary=DeclaredCanary(to="next", steps=(5, 20, 50), every=60))
    story = words.told(standing, declared)
    assert (story.word, story.kind, story.until, story.candidate) == ("runs", "canary", START + 60, "next")
    assert list(story.sentences) == [
        "The candidate gets 25 % of the requests, set by hand: step 2 of 3.",
        "Of its 2 guards: 1 satisfied, 1 not sure yet.",
        "It stays at this step.",
    ]
    assert [one.state for one in story.steps] == ["done", "now", "next"]
    assert 'aria-label="stable 75 %, next 25 %"' in pictures.split_bar(pictures.shares_of(standing))


def test_what_a_bandit_believes_is_a_beta_distribution() -> None:
    points = pictures.beta_density(1.0, 1.0)
    assert all(density == pytest.approx(1.0) for _, density in points)
    arms = (Arm(arm="a", version="1", feedback={"reward": Told(count=10, mean=0.8)}), Arm(arm="b", version="2"))
    standing = Standing(
        model="m", policy="thompson", phase="running", number=1, since=0, began=0, primary={}, arms=arms
    )
    drawn = pictures.believed(standing, Bandit(arms=("a", "b")))
    assert [drawn.count(f'<path class="a{place}"') for place in (1, 2, 3)] == [1, 1, 0]
