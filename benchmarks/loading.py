"""What loading costs those who are asking: p99 of one model while another is loaded, and memory after many loads.

One process serves a model that is asked over one connection, without and with another model being loaded over and
over, in turns. Afterwards the other model is loaded and unloaded 200 times, and the memory of the process before
and after is compared.

    python benchmarks/loading.py
    python benchmarks/loading.py --rounds 3 --seconds 1 --times 50
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import threading
import urllib.request
from pathlib import Path

import serving
from peers import memory
from serving import MODEL, Server, ask

from mainspring.serving.server_process import PythonServer

OTHER = "other"


def change(url: str, what: str) -> None:
    """Load or unload the other model."""
    path = f"{url}/v2/repository/models/{OTHER}/{what}"
    urllib.request.urlopen(urllib.request.Request(path, b"{}", method="POST"), timeout=60).close()


def latencies(server: Server, request: bytes, seconds: float, url: str | None = None) -> list[float]:
    """Latencies of one connection; with a URL, while the other model comes and goes."""
    done, loads = threading.Event(), 0

    def come_and_go() -> None:
        nonlocal loads
        while url is not None and not done.is_set():
            change(url, "load")
            loads += 1

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        return ask(server, request, 1, seconds).latencies
    finally:
        done.set()
        thread.join()
        if url is not None:
            print(f"  {loads} loads", end="")


def p99(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--times", type=int, default=200, help="loads, for the memory")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        models = Path(name) / "models"
        models.mkdir()
        request = serving.request_of(serving.make_package(models / MODEL))
        shutil.copytree(models / MODEL, models / OTHER)
        config = Path(name) / "server.json"
        config.write_text(json.dumps({"repository": {"folder": "models"}, "models": {MODEL: {}}}))
        with PythonServer("mainspring.serving", ["--config", str(config), "--port", "0"], timeout=60) as process:
            server = Server("mainspring", "127.0.0.1", int(process.url.rpartition(":")[2]), process.pid)
            ask(server, request, 1, 1.0)
            ratios, alone, beside = [], [], []
            for _ in range(options.rounds):
                alone.append(p99(latencies(server, request, options.seconds)))
                beside.append(p99(latencies(server, request, options.seconds, process.url)))
                ratios.append(beside[-1] / alone[-1])
                print(f": p99 {alone[-1] * 1e3:.2f} ms alone, {beside[-1] * 1e3:.2f} ms beside them")
            quiet, busy = statistics.median(alone) * 1e3, statistics.median(beside) * 1e3
            print(f"p99 {quiet:.2f} ms alone, {busy:.2f} ms while another model is loaded over and over:")
            print(f"{statistics.median(ratios):.2f} x (median of {options.rounds} rounds)")
            before = memory(process.pid)
            for _ in range(options.times):
                change(process.url, "load")
                change(process.url, "unload")
            after = memory(process.pid)
            print(f"memory {before:.0f} MB, after {options.times} loads and unloads {after:.0f} MB")


if __name__ == "__main__":
    main()
