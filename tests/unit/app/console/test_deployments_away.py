"""What answers at the address of the prediction server may be anything: pages say so, and never fail."""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mainspring.core.errors import UnavailableError
from mainspring.serving.client import Client

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
def answering(status, body, *, wait=0.0):
    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            self.rfile.read(int(self.headers.get("content-length", 0)))
            time.sleep(wait)
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

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


def test_an_answer_without_end_is_not_read():
    refused = pytest.raises(UnavailableError, match="too much")
    with answering(200, b"x" * 5000) as url, Client(url, most=4999) as client, refused:
        client.exchange("GET", "/metrics", None, {})
    with answering(200, b"x" * 5000) as url, Client(url, most=5000) as client:
        for _ in range(2):
            assert len(client.exchange("GET", "/metrics", None, {})[2]) == 5000
