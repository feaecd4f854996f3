"""Jobs: what the console started, with what it says."""

from __future__ import annotations

import time


def test_a_job_is_listed_and_shown_with_what_it_said(using, tmp_path):
    used = using(tmp_path)
    job = used.shared.jobs.start(["show", "nothing"], title="Look", by="ada", path="/runs/nothing")
    for _ in range(200):
        told = used.get(f"/jobs/{job.id}")
        if told["ended"] is not None:
            break
        time.sleep(0.05)
    assert told["code"] == 1
    assert "error" in told["errors"]
    assert [one["id"] for one in used.get("/jobs")] == [job.id]
    html = used.page(f"/jobs/{job.id}")
    assert "exit code 1" in html
    assert "mainspring show nothing" in html
    assert "Look" in used.page("/jobs")


def test_there_is_no_job_of_another_name(using):
    assert "there is no job" in using().get("/jobs/0123456789ab", status=404)["error"]["found"]
