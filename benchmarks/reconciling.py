"""What it costs to bring a server to many deployments, to look when nothing changed, and to change one of them.

A real server with two workers follows a folder of files, each with one registered ONNX package of its own.
Timed are the parts of the reconciler, as the server runs it: the first look, which brings all of them; looks with
nothing to do; and one after one file changed.

    python benchmarks/reconciling.py
    python benchmarks/reconciling.py --deployments 20 --workers 1
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import serving

import mainspring
from mainspring.app.deploying import deployments_of
from mainspring.models.package import Package
from mainspring.serving.configuration import ServerOptions
from mainspring.serving.deploying.beside import SupervisedServer
from mainspring.serving.deploying.reconciler import Reconciler
from mainspring.serving.deploying.sources import files_of
from mainspring.serving.server import supervise
from mainspring.serving.workers.supervisor import Supervisor

LIMIT = 5.0


def prepared(root: Path, count: int) -> Path:
    """A project with so many registered models and a deployment file for each; gives the folder of files."""
    (root / "mainspring.toml").write_text('[project]\nname = "many"\n')
    serving.make_package(root / "package")
    files = root / "files"
    files.mkdir()
    with mainspring.open(root) as platform:
        described = json.loads((root / "package/package.json").read_text())
        for number in range(count):
            described["details"]["number"] = number  # other bytes in each
            (root / "package/package.json").write_text(json.dumps(described))
            package = Package.load(root / "package")
            platform.models.register(package, name=f"m{number}", alias="production")
            text = f"deployment: d{number}\nmodels:\n  m{number}: {{model: m{number}@production}}\n"
            (files / f"d{number}.yaml").write_text(text)
    return files


def timed(what: str, work: Callable[[], object]) -> float:
    """The seconds that something takes; told if it has a name."""
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    if what:
        print(f"{what:<44} {seconds * 1e3:9.1f} ms", flush=True)
    return seconds


def measure(root: Path, server: SupervisedServer, files: Path, options: argparse.Namespace) -> None:
    with mainspring.open(root) as platform:
        deployments = deployments_of(platform)
        reconciler = Reconciler(deployments, server)
        count = len(list(files.iterdir()))
        accepted = timed(
            f"check and accept {count} files", lambda: deployments.deploy(files_of(files), by="bench")
        )
        applied = timed(f"bring {count} deployments to {options.workers} workers", reconciler.look)
        nothing = statistics.median(timed("", reconciler.look) for _ in range(options.rounds))
        print(f"{'look with nothing to do (median)':<44} {nothing * 1e3:9.1f} ms")
        file = files / "d0.yaml"
        file.write_text(file.read_text().replace("@production", ":1.0.0"))
        timed("accept one that changed", lambda: deployments.deploy(files_of(files), by="bench"))
        timed("bring that one", reconciler.look)
        status = deployments.status
        print(f"all as wanted: {status is not None and status.ok}")
        total = accepted + applied
        print(f"from files to answers: {total:.2f} s, limit {LIMIT:g} s: {'kept' if total <= LIMIT else 'BROKEN'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deployments", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        files = prepared(root, options.deployments)

        @asynccontextmanager
        async def beside(supervisor: Supervisor) -> AsyncIterator[None]:
            server = SupervisedServer(supervisor, asyncio.get_running_loop())

            def work() -> None:
                try:
                    measure(root, server, files, options)
                finally:
                    os.kill(os.getpid(), signal.SIGTERM)

            thread = threading.Thread(target=work)
            thread.start()
            yield
            await asyncio.to_thread(thread.join)

        command = [sys.executable, "-m", "mainspring.serving", "--port", "0"]
        supervise(command, ServerOptions(port=0, workers=options.workers), beside=beside)


if __name__ == "__main__":
    main()
