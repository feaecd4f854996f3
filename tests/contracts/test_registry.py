"""The registry on every database, with several processes deciding at once: one line of history, nothing lost."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mainspring.models.registry import PromotionRefusedError, Registry
from mainspring.models.registry.webhooks import Courier
from mainspring.store import Store

DECIDER = Path(__file__).with_name("decider.py")
PROCESSES = 4


def run(url: str, blobs: Path, *tasks: str) -> list[str]:
    """Have one process per task begin at the same moment; gives what each said."""
    command = [sys.executable, str(DECIDER), url, str(blobs), *tasks]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    said: list[str] = json.loads(done.stdout)
    return said


@contextlib.contextmanager
def opened(url: str, blobs: Path) -> Iterator[tuple[Registry, Store]]:
    """The registry over a database, and the database."""
    sys.path.insert(0, str(DECIDER.parent))
    try:
        import decider
    finally:
        sys.path.pop(0)
    with contextlib.closing(decider.store(url)) as store:
        yield decider.registry(store, str(blobs)), store


def test_processes_promote_and_sign_at_once(untouched: str, tmp_path: Path) -> None:
    run(untouched, tmp_path, "register", "register", "register")
    with opened(untouched, tmp_path) as (registry, _):
        decide(registry, untouched, tmp_path)


def decide(registry: Registry, url: str, blobs: Path) -> None:
    """Several processes decide at once."""
    versions = [str(one.version) for one in registry.versions("taxi")]
    assert versions == ["1.0.0", "1.0.1", "1.0.2"]
    with pytest.raises(PromotionRefusedError, match="the signature of reviewer"):
        registry.promote("taxi", "1.0.0", to="production", by="olga", comment="early")

    run(url, blobs, "sign 1.0.0", "sign 1.0.1", "sign 1.0.2", "attach 1.0.0")
    run(url, blobs, "sign 1.0.0", "tag 1.0.1")
    answers = run(url, blobs, "promote 1.0.0", "promote 1.0.1", "promote 1.0.2", "promote 1.0.1")
    assert answers == ["promoted"] * PROCESSES

    decisions = registry.decisions("taxi")
    assert [one.number for one in decisions] == list(range(1, len(decisions) + 1))
    moves = registry.history("taxi", "production")
    assert [one.number for one in moves] == list(range(1, len(moves) + 1))
    assert [one.before for one in moves[1:]] == [one.after for one in moves[:-1]]
    assert [one.after for one in moves] == [one.version for one in decisions if one.verb == "promote"]
    (held,) = registry.search("alias.production = TRUE")
    assert held.version == registry.aliases("taxi")["production"]
    assert [str(one) for one in registry.search("accuracy > 0.91 and tag.team = 'risk'")] == ["taxi:1.0.1"]


def test_what_happened_is_told_once_whoever_delivers(
    untouched: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["data"]["version"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    monkeypatch.setenv("HOOK_SECRET", "a secret of enough bytes")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        with opened(untouched, tmp_path) as (registry, store):
            url = f"http://127.0.0.1:{server.server_port}/"
            registry.webhooks.add("ops", url, secret="env:HOOK_SECRET", events=["version.registered"])
            run(untouched, tmp_path, "register", "register", "register", "register")
            assert got == [], "nobody delivers yet"
            run(untouched, tmp_path, *["deliver"] * PROCESSES)
            assert Courier(store).pending() == 0
    finally:
        server.shutdown()
        server.server_close()
    assert sorted(got) == ["1.0.0", "1.0.1", "1.0.2", "1.0.3"]
