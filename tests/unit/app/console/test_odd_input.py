"""Odd input is the sender's mistake at every door: it is told as such, and never breaks a page."""

import asyncio
import errno
import shutil

import pytest
from starlette.requests import Request
from tests.unit.app.console.conftest import words_of

from mainspring.app import health
from mainspring.app.api import door
from mainspring.app.api.door import body_of
from mainspring.app.api.feed import Feed
from mainspring.core.errors import InputError


@pytest.fixture
def used(using):
    return using()


class TestNumbers:
    @pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
    def test_an_id_that_no_store_has_is_refused_before_it_is_looked_for(self, used, number):
        for path in (f"/executions/{number}", f"/artifacts/{number}"):
            assert used.get(path, status=400)["error"]["expected"].startswith("a number between")

    def test_a_count_beyond_64_bits_is_refused(self, used):
        assert "limit is" in used.get("/webhooks-deliveries", status=400, limit=2**64)["error"]["found"]

    def test_a_form_with_such_a_number_is_refused(self, used):
        assert "message is" in used.act("schedules.revive", status=400, message=str(2**63))["error"]["found"]

    def test_what_is_no_number_is_refused_as_one(self, used):
        for told in ("nan", "inf", "1e999"):
            used.get("/audit", status=400, limit=told)

    def test_a_place_in_the_trail_that_no_record_has_is_refused(self, used):
        for number in ("9" * 19, "9" * 5000, "-1", ""):
            assert "no place in the list" in used.get("/audit", status=400, before=f"t{number}")["error"]["found"]

    @pytest.mark.parametrize("address", ["/runs?offset={}", "/runs?within={}", "/lineage?text=x&from={}"])
    @pytest.mark.parametrize("number", ["9" * 5000, "999999999999", "-1", "x", "٣"])
    def test_a_page_leaves_a_count_out_that_is_none(self, used, address, number):
        used.page(address.format(number))


class TestMethods:
    def test_a_wrong_method_is_told_with_the_right_one(self, used):
        for path in ("/api/runs", "/runs"):
            answer = used.client.request("DELETE", path)
            assert answer.status_code == 405
            assert "GET" in answer.headers["allow"]
            told = answer.json()["error"]
            assert (told["code"], told["expected"]) == ("METHOD_NOT_ALLOWED", answer.headers["allow"])
            assert "DELETE" in told["found"]

    def test_what_may_be_done_somewhere_can_be_asked(self, used):
        answer = used.client.options("/api/runs")
        assert (answer.status_code, answer.content) == (204, b"")
        assert {"GET", "HEAD"} <= set(answer.headers["allow"].split(", "))

    def test_an_address_of_the_api_that_is_none_is_told_as_such(self, used):
        answer = used.client.get("/api/nothing", headers={"accept": "text/html"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")
        assert "/rest" in answer.json()["error"]["fix"]


class TestArguments:
    """No argument is overlooked in silence."""

    def test_one_behind_the_question_mark_of_a_change_is_refused(self, used):
        told = used.post("/runs/none/cancel?reason=late", status=400)["error"]
        assert "reason" in told["found"]
        assert "in the body" in told["expected"]

    def test_one_that_is_given_twice_is_refused(self, used):
        answer = used.client.get("/api/runs?limit=1&limit=2")
        assert answer.status_code == 400
        assert answer.json()["error"]["found"] == "limit is given more than once"


class TestBodies:
    @pytest.mark.parametrize(
        "body",
        [b'{"name": "\xff"}', b'{"name": "\\ud800"}', b"[" * 100_000, b'{"a":' * 100_000, b"", b"null", b"NaN"],
    )
    def test_what_is_no_json_object_is_refused(self, used, body):
        headers = {"x-mainspring-seal": used.seals.seal("s1"), "content-type": "application/json"}
        answer = used.client.post("/api/runs/none/cancel", content=body, headers=headers)
        assert answer.status_code == (400 if body else 404), answer.text

    @pytest.mark.parametrize("body", [b"a=%ff%fe&b=%00", b"\xff", b"&".join([b"a=1"] * 20_000), b"%", b"=&=&="])
    def test_a_form_that_is_none_is_refused(self, used, body):
        headers = {"content-type": "application/x-www-form-urlencoded"}
        assert used.client.post("/act/runs.cancel", content=body, headers=headers).status_code in (400, 403)

    def test_a_sender_who_goes_away_is_no_fault_of_the_console(self):
        async def gone():
            return {"type": "http.disconnect"}

        scope = {"type": "http", "method": "POST", "headers": [], "path": "/", "query_string": b""}
        with pytest.raises(InputError, match="went away"):
            asyncio.run(body_of(Request(scope, gone)))

    def test_a_sender_who_falls_silent_is_given_up(self, monkeypatch):
        async def silent():
            await asyncio.sleep(60)

        monkeypatch.setattr(door, "PATIENCE", 0.02)
        scope = {"type": "http", "method": "POST", "headers": [], "path": "/", "query_string": b""}
        with pytest.raises(InputError, match="did not come"):
            asyncio.run(body_of(Request(scope, silent)))


class TestForms:
    @pytest.mark.parametrize(
        "then", ["//evil.example", "/\\evil.example", "/\t/evil.example", "\t//evil.example", "x:"]
    )
    def test_nobody_is_sent_elsewhere_by_one(self, used, then):
        assert used.act("deployments.check", then=then, text="a: 1")["then"] == "/"


class TestSlashes:
    """An address that ends with a slash leads to the one without, below the prefix and on the same host."""

    @pytest.mark.parametrize("root", ["", "/tools/ml"])
    def test_it_leads_to_the_page(self, using, root):
        used = using(root=root)
        for asked in {"/runs/", f"{root}/runs/"}:
            answer = used.client.get(f"{asked}?text=a")
            assert (answer.status_code, answer.headers["location"]) == (307, f"{root}/runs?text=a")

    def test_it_leads_nowhere_else(self, used):
        for asked in ("//evil.example/", "///evil.example//", "/%5cevil.example/"):
            answer = used.client.get(f"http://testserver{asked}")
            assert answer.headers["location"] in ("/evil.example", "/%5Cevil.example"), asked


class TestSurroundings:
    """What is around the console may break while it runs."""

    def test_settings_that_are_no_toml_any_more_are_named(self, used, tmp_path):
        (tmp_path / "mainspring.toml").write_text("[[[")
        assert "it is not TOML" in words_of(used.page("/settings", status=400))

    def test_an_artifact_store_that_is_gone_is_found_by_the_check(self, used, tmp_path):
        assert used.get("/health")["checks"]
        shutil.rmtree(tmp_path / ".mainspring" / "artifacts")
        found = {one["name"]: one for one in used.get("/health")["checks"]}
        assert not found["artifacts"]["ok"]
        assert "No such file" in found["artifacts"]["found"]

    def test_a_full_disk_is_told_as_one(self, used, monkeypatch):
        def full(*_, **__):
            raise OSError(errno.ENOSPC, "No space left on device", "/disk/file")

        monkeypatch.setattr(health, "installation", full)
        told = used.get("/health", status=503)["error"]
        assert (told["found"], told["where"]) == ("the disk gave: No space left on device", "/disk/file")


class TestJobs:
    def test_no_file_elsewhere_is_looked_at(self, used, tmp_path):
        (tmp_path / "out").write_text("x")
        jobs = used.shared.jobs
        jobs._folder.mkdir(parents=True)
        assert jobs.stamp("../../..") == ()
        assert jobs.stamp("") != ()


class TestEvents:
    """A page that is open hears nothing any more once its session ended."""

    def test_they_end_with_the_session(self):
        signed_in = [True]

        async def listened():
            feed = Feed(None, {"run": lambda shared, rest: 0}, pause=0.01, quiet=0.02)
            heard = feed.listen(["run:a"], still=lambda: signed_in[0])
            told = [await anext(heard), await anext(heard)]
            signed_in[0] = False
            told += [one async for one in heard]
            return told, feed._listeners

        told, listeners = asyncio.run(listened())
        assert told[:2] == ["retry: 2000\n\n", ": quiet\n\n"]
        assert len(told) <= 3
        assert listeners == {}

    def test_they_end_though_there_is_always_something_to_tell(self):
        count = iter(range(10**6))

        async def listened():
            feed = Feed(None, {"run": lambda shared, rest: next(count)}, pause=0.005, quiet=0.05)
            return [one async for one in feed.listen(["run:a"], still=lambda: False)]

        assert len(asyncio.run(listened())) < 50

    def test_they_end_when_the_console_stops(self):
        async def listened():
            feed = Feed(None, {"run": lambda shared, rest: 0}, pause=0.01, quiet=3600.0)
            heard = feed.listen(["run:a"], still=lambda: True)
            told = [await anext(heard)]
            await asyncio.to_thread(feed.close)
            return told + [one async for one in heard]

        assert asyncio.run(listened()) == ["retry: 2000\n\n"]

    def test_a_record_that_is_away_ends_none(self):
        def away():
            raise OSError("away")

        async def listened():
            heard = Feed(None, {}, quiet=0.01).listen([], still=away)
            return [await anext(heard) for _ in range(3)]

        assert asyncio.run(listened())[-1] == ": quiet\n\n"
