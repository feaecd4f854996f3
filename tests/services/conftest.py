"""A browser for tests: Chromium, driven over the W3C WebDriver protocol with nothing but the standard library."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The name of a reference to an element, from the protocol."""
OPTIONS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server"),
    *("--disable-extensions", "--disable-dev-shm-usage"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "ArrowDown": "\ue015", "ArrowUp": "\ue013", "Tab": "\ue004"}


class Browser:
    """One window."""

    def __init__(self, address: str, session: str) -> None:
        self.address, self.session = address, session

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return _call(self.address, method, f"/session/{self.session}{path}", body)

    def open(self, url: str) -> None:
        self.call("POST", "/url", {"url": "about:blank"})
        self.call("POST", "/url", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        """The value of a JavaScript function body."""
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def texts(self, selector: str) -> list[str]:
        """The texts of what can be seen."""
        script = (
            "return Array.from(document.querySelectorAll(arguments[0])).filter((one) => one.offsetParent)"
            ".map((one) => one.innerText)"
        )
        found: list[str] = self.run(script, selector)
        return found

    def text(self, selector: str) -> str:
        """The text of the first."""
        found: str = self.run("return document.querySelector(arguments[0]).innerText", selector)
        return found

    def attribute(self, selector: str, name: str) -> str | None:
        """An attribute of the first."""
        script = "return document.querySelector(arguments[0]).getAttribute(arguments[1])"
        found: str | None = self.run(script, selector, name)
        return found

    def count(self, selector: str) -> int:
        """How many there are."""
        found: int = self.run("return document.querySelectorAll(arguments[0]).length", selector)
        return found

    def click(self, selector: str) -> None:
        """A click of the mouse on the first that can be seen."""
        self.call("POST", f"/element/{self._find(selector)}/click", {})

    def type(self, text: str) -> None:
        """Press keys, one after the other, in whatever has the focus; names of keys as in ``KEYS``."""
        signs = [KEYS[text]] if text in KEYS else list(text)
        actions = [{"type": kind, "value": sign} for sign in signs for kind in ("keyDown", "keyUp")]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def size(self, width: int, height: int) -> None:
        """The size of the page itself, also below the least size of a window."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def prefer(self, **features: str) -> None:
        """What the person prefers, such as ``prefers_color_scheme="dark"``."""
        wanted = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.devtools("Emulation.setEmulatedMedia", features=wanted)

    def devtools(self, command: str, **parameters: Any) -> Any:
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def picture(self, path: Path) -> Path:
        path.write_bytes(base64.b64decode(self.call("GET", "/screenshot")))
        return path

    def wait(self, script: str, seconds: float = 10.0) -> Any:
        """The first value that counts as true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self.run(script)
            if found:
                return found
            time.sleep(0.02)
        raise AssertionError(f"never came true: {script}")

    def complaints(self) -> list[str]:
        """What the page wrote to the console of errors."""
        found = self.call("POST", "/se/log", {"type": "browser"})
        return [one["message"] for one in found if one["level"] in {"SEVERE", "WARNING"}]

    def _find(self, selector: str) -> str:
        script = "return Array.from(document.querySelectorAll(arguments[0])).find((one) => one.offsetParent)"
        found = self.run(script, selector)
        assert found is not None, f"there is no {selector}"
        return str(found[ELEMENT])


@pytest.fixture(scope="session")
def start_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Browser]]:
    """Opens windows; skips where there is no Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("Chromium and its driver are not here (Debian: apt-get install chromium chromium-driver)")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    with contextlib.ExitStack() as stack:
        environment = {**os.environ, "HOME": str(tmp_path_factory.mktemp("home"))}
        process = subprocess.Popen(
            [driver, f"--port={port}", "--silent"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        stack.callback(process.wait, timeout=20)
        stack.callback(process.terminate)
        address = f"http://127.0.0.1:{port}"
        _until_ready(address, process)

        def start() -> Browser:
            profile = tmp_path_factory.mktemp("profile")
            chrome = {"binary": chromium, "args": [*OPTIONS, f"--user-data-dir={profile}"]}
            wanted = {"goog:chromeOptions": chrome, "goog:loggingPrefs": {"browser": "ALL"}}
            made = _call(address, "POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
            browser = Browser(address, made["sessionId"])
            stack.callback(browser.call, "DELETE", "")
            return browser

        yield start


@pytest.fixture(scope="session")
def window(start_browser: Callable[[], Browser]) -> Browser:
    """One window for all tests: starting one takes seconds."""
    return start_browser()


@pytest.fixture
def browser(window: Browser) -> Browser:
    """The window, as wide as that of a desk and by day."""
    window.size(1400, 1000)
    window.prefer(prefers_color_scheme="light", prefers_reduced_motion="reduce")
    return window


def _until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(500):
        if process.poll() is not None:
            pytest.skip("the driver of Chromium does not start here")
        try:
            if _call(address, "GET", "/status")["ready"]:
                return
        except OSError:
            time.sleep(0.02)
    pytest.skip("the driver of Chromium does not answer")


def _call(address: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address + path, data, {"Content-Type": "application/json"}, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=60) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        with error:
            told = json.load(error)["value"]
        raise AssertionError(f"{path}: {told['error']}: {told['message']}") from None
