"""What answers at the address of the prediction server may be anything: pages say so, and never fail."""

import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mainspring.app.api.subjects.deployments import SUBJECT
from mainspring.app.api.subjects.deployments.watching import watch_of
from mainspring.app.deploying import deployments_of
from mainspring.core.errors import UnavailableError
from mainspring.serving.client import Client
from mainspring.serving.deploying.revision import Revision
from mainspring.serving.deploying.status import Status

ANSWERS = {
    "a list": (200, b"[1, 2, 3]"),
    "no JSON": (200, b'\xff\xfe{[}"'),
    "nothing": (200, b""),
    "another place": (302, b""),
    "a fault": (500, b"<b>"),
    "a text": (200, b'"x"'),
    "an object": (200, b"{}"),
}


@contextmanager
def answering(status, body, *, wait=0.0, drop=None):
    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            self.rfile.read(int(self.headers.get("content-length", 0)))
            time.sleep(wait)
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            for piece in [body] if drop is None else [body[at : at + 1] for at in range(len(body))]:
                with suppress(BrokenPipeError):
                    self.wfile.write(piece)
                time.sleep(drop or 0.0)

        do_GET = do_POST = answer

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("answer", ANSWERS)
def test_pages_say_that_it_is_no_prediction_server(using, tmp_path, answer):
    with answering(*ANSWERS[answer]) as url:
        (tmp_path / "mainspring.toml").write_text(f'[console]\nserver = "{url}"\n')
        used = using(tmp_path)
        for page in ("/", "/deployments", "/monitoring"):
            used.page(page)
        found = used.get("/deployments")
        assert found["models"] == []
        told = used.post("/deployments/loans/rollout/hold", {}, status=503)["error"]
        assert told["code"] == "UNAVAILABLE"


def test_a_silent_server_is_waited_for_once(using, tmp_path, monkeypatch):
    monkeypatch.setattr("mainspring.app.api.subjects.deployments.asking.SECONDS", 0.3)
    with answering(200, b"{}", wait=1.0) as url:
        (tmp_path / "mainspring.toml").write_text(f'[console]\nserver = "{url}"\n')
        used, before = using(tmp_path), time.monotonic()
        assert not used.get("/deployments")["server"]["reachable"]
        assert time.monotonic() - before < 0.9


def test_while_one_waits_for_a_server_that_hangs_others_see_what_is_known(using, tmp_path, monkeypatch):
    monkeypatch.setattr("mainspring.app.api.subjects.deployments.watching.PAUSE", 0.0)
    with answering(200, b"{}") as url:
        (tmp_path / "mainspring.toml").write_text(f'[console]\nserver = "{url}"\n')
        used = using(tmp_path)
        watch = watch_of(used.shared)
        known = watch.look(used.opened)
        hanging, seen = threading.Event(), threading.Event()

        def hang(opened):
            seen.set()
            hanging.wait(20)
            return known

        monkeypatch.setattr("mainspring.app.api.subjects.deployments.watching._seen", hang)
        one = threading.Thread(target=watch.look, args=(used.opened,))
        one.start()
        assert seen.wait(20)
        assert watch.look(used.opened) is known
        hanging.set()
        one.join()


def test_an_answer_without_end_is_not_read():
    refused = pytest.raises(UnavailableError, match="too much")
    with answering(200, b"x" * 5000) as url, Client(url, most=4999) as client, refused:
        client.exchange("GET", "/metrics", None, {})
    with answering(200, b"x" * 5000) as url, Client(url, most=5000) as client:
        for _ in range(2):
            assert len(client.exchange("GET", "/metrics", None, {})[2]) == 5000


def test_an_answer_that_comes_in_drops_does_not_take_longer_than_none():
    with answering(200, b"x" * 40, drop=0.1) as url, Client(url, timeout=0.5, most=1000) as client:
        began = time.monotonic()
        with pytest.raises(UnavailableError, match="not all of the answer came"):
            client.exchange("GET", "/", None, {})
        assert time.monotonic() - began < 2.5


def test_a_server_that_is_away_waits_for_somebody_where_something_is_declared(using, tmp_path):
    (tmp_path / "mainspring.toml").write_text('[console]\nserver = "http://127.0.0.1:1"\n')
    used = using(tmp_path)
    assert SUBJECT.waiting(used.desk) == []
    deployments_of(used.opened).archive.add(Revision(number=0, at=1.0, by="ann", cause="deploy"), after=0)
    (told,) = SUBJECT.waiting(used.desk)
    assert (told.title, told.urgency) == ("What is declared is served nowhere", 1)
    deployments_of(used.opened).archive.status = Status(pid=1, url="", number=1, at=2.0)
    (now,) = SUBJECT.waiting(used.desk)
    assert (now.title, now.urgency) == ("The prediction server does not answer", 2)
    assert now.since == told.since  # since it was first seen so, not since the last look
    assert "The prediction server does not answer" in str(used.get("/home"))
