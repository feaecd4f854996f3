"""A world, its console in a process of its own, and a real browser that looks at it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import console_world as world
import pytest
from console_browser import Inhabited, free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="session")
def made(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The world, made once, if there is a browser to look at it; nobody lives in it.

    With ``MAINSPRING_WORLD`` set to a folder it is kept there, and used again.
    """
    kept = os.environ.get("MAINSPRING_WORLD")
    root = Path(kept) if kept else tmp_path_factory.mktemp("world")
    root.mkdir(parents=True, exist_ok=True)
    if not (root / "mainspring.toml").exists():
        with world.inhabited(root, port=free_port()):
            pass
    return root


@contextmanager
def living(made: Path, root: Path) -> Iterator[Inhabited]:
    """The world in a folder of its own, with its prediction server and its console."""
    port = free_port()
    world.moved(made, root, port=port)
    with (
        world.inhabited(root, port=port) as server,
        world.running(root, "ui", "--port", "0", until="console at") as line,
    ):
        yield Inhabited(root, server, line.split()[2].rstrip("/"))


@pytest.fixture(scope="session")
def inhabited(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inhabited]:
    """A world for those who only look."""
    with living(made, tmp_path_factory.mktemp("seen") / "world") as found:
        yield found


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Iterator[Inhabited]:
    """A world for who changes it."""
    with living(made, tmp_path / "world") as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window of somebody at a desk; an error in a script is an error."""
    context = browser.new_context(viewport={"width": 1320, "height": 860}, color_scheme="light")
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.set_default_timeout(60 * 1000)
    yield opened
    context.close()
    assert not faults, faults


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright; skipped where one of them is missing."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed: pip install playwright"
    )
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not here (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, from npm; skipped where it cannot be had."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("axe-core comes from npm, which is not here")
    folder = tmp_path_factory.mktemp("axe")
    done = subprocess.run(
        [npm, "install", "--no-save", "--silent", "axe-core@4"], cwd=folder, capture_output=True, timeout=180
    )
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if done.returncode or not script.is_file():
        pytest.skip("axe-core cannot be had from npm here")
    return script.read_text(encoding="utf-8")
