"""What a rollout costs: the decision in microseconds, and what a shadow adds to the answers of its primary.

Decisions are made in this process, with everything that goes with them: finding the arm, keeping the decision,
counting, and what it adds to the line of the log. The shadow is that of a real server on loopback, beside one with
the same versions and no shadow; only one is asked at a time, in turns, and medians over the rounds are shown.

    python benchmarks/rollout.py                 # both
    python benchmarks/rollout.py --no-shadow     # decisions alone, in seconds

Read the ratios. On a busy machine wall times say little.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from serving import MODEL, Server, ask, make_package, request_of

from mainspring.serving.call import Call
from mainspring.serving.payloads.blobs import Blobs
from mainspring.serving.payloads.encoding import CallEncoder
from mainspring.serving.payloads.options import PayloadOptions
from mainspring.serving.payloads.redaction import Redaction
from mainspring.serving.prediction import Inputs
from mainspring.serving.predictor import Predictor
from mainspring.serving.question import Question
from mainspring.serving.repository.shelf import Shelf
from mainspring.serving.rollout.bandit import SharedBandit
from mainspring.serving.rollout.options import Bandit, Canary, Experiment, Rollout
from mainspring.serving.rollout.rolling import Rolling
from mainspring.serving.rollout.standing import Standing
from mainspring.serving.rollout.state import Told
from mainspring.serving.rollout.tally import Tally
from mainspring.serving.served import Served
from mainspring.serving.telemetry.registry import Registry
from mainspring.serving.telemetry.rollout_metrics import RolloutMetrics

TRIES, CALLS = 7, 5_000


def microseconds(work: Callable[[], object]) -> float:
    """The best of some tries, per call."""
    best = float("inf")
    for _ in range(TRIES):
        began = time.perf_counter()
        for _ in range(CALLS):
            work()
        best = min(best, (time.perf_counter() - began) / CALLS)
    return best * 1e6


def decisions(folder: Path, package: Path, row: dict[str, Any]) -> None:
    """Print what each kind of decision costs."""
    from mainspring.models.package import Package

    model = Predictor(Package.load(package), name=MODEL, version="1")
    versions = {version: Served(model) for version in ("1", "2", "3")}
    for version, served in versions.items():
        served.version = version
    shelf = Shelf(versions, {})
    column = next(iter(row))
    question = Question(rows=[row])
    inputs = model.read(question)
    prediction = model.answer(question)
    kinds = {
        "primary": Rollout(primary="1"),
        "canary, chance": Rollout(primary="1", canary=Canary(to="2", steps=(20.0,))),
        "canary, header": Rollout(primary="1", canary=Canary(to="2", steps=(20.0,), sticky="x-user")),
        "experiment, column": Rollout(experiment=Experiment(arms={"1": 1, "2": 1}, sticky=f"column:{column}")),
        "forced": Rollout(primary="1", canary=Canary(to="2", steps=(20.0,))),
    }
    for policy in ("epsilon_greedy", "ucb", "thompson"):
        kinds[f"bandit, {policy}"] = Rollout(bandit=Bandit(arms=("1", "2", "3"), policy=policy))  # type: ignore[arg-type]
    for policy in ("linucb", "linear_thompson"):
        linear = Bandit(arms=("1", "2", "3"), policy=policy, context=tuple(list(row)[:5]))  # type: ignore[arg-type]
        kinds[f"bandit, {policy} of 5 columns"] = Rollout(bandit=linear)
    encoder = CallEncoder(PayloadOptions(), Redaction(PayloadOptions().redact), Blobs(folder / "blobs"))
    counting = RolloutMetrics(Registry())
    print(f"{'decision':36}{'find':>8}{'count':>8}{'log':>8}{'together':>10}   microseconds")
    for place, (name, rollout) in enumerate(kinds.items()):
        bandit = None if rollout.bandit is None else SharedBandit(rollout.bandit, folder / str(place))
        if bandit is not None:
            told = [
                Told(id=f"{arm}{n}", arm=arm, reward=float(n % 3 == 0), context=bandit.context(row), time=1.0)
                for arm in ("1", "2", "3")
                for n in range(100)
            ]
            bandit.learn(told)
        tally = Tally(folder / f"tally {place}", 3)
        rolling = Rolling(
            MODEL, rollout, shelf, standing=Standing(plan="p"), bandit=bandit, tally=tally, counting=counting
        )
        headers = {b"x-user": b"somebody"} | ({b"x-mainspring-route": b"2"} if name == "forced" else {})
        call = Call(
            "v2", MODEL, id="x", headers=headers, began=1.0, ended=1.001, status=200, prediction=prediction
        )

        def find(rolling: Rolling = rolling, call: Call = call, inputs: Inputs = inputs) -> None:
            call.decisions, call.undecided = (), None
            served = rolling.find(call)
            if call.undecided is not None:
                served = call.undecided.choose(inputs)
            call.version = served.version

        def tell(rolling: Rolling = rolling, call: Call = call) -> None:
            rolling.tell(call)

        def log(call: Call = call) -> bytes:
            return encoder.line(call)

        found, counted = microseconds(find), microseconds(tell)
        with_it = microseconds(log)
        call.decisions = ()
        logged = with_it - microseconds(log)
        tally.close()
        print(f"{name:36}{found:>8.2f}{counted:>8.2f}{logged:>8.2f}{found + counted + logged:>10.2f}")


@contextmanager
def server(folder: Path, name: str, rollout: dict[str, Any]) -> Iterator[Server]:
    from mainspring.serving.server_process import PythonServer

    options = {
        "port": 0,
        "repository": {"folder": str(folder / "models")},
        "payloads": {"folder": str(folder / f"log {name}")},
        "models": {MODEL: {"versions": {"all": True}, "rollout": rollout}},
    }
    file = folder / f"{name}.json"
    file.write_text(json.dumps(options))
    with PythonServer("mainspring.serving", ["--config", str(file)], timeout=60) as process:
        parts = urlsplit(process.url)
        yield Server(name, str(parts.hostname), int(parts.port or 0), process.pid)


def shadows(folder: Path, request: bytes, *, rounds: int, seconds: float, connections: list[int]) -> None:
    """Print what a shadow adds."""
    kinds: dict[str, dict[str, Any]] = {
        "none": {"primary": "1"},
        "shadow": {"primary": "1", "shadow": {"to": "2"}},
    }
    p50: dict[tuple[str, int], list[float]] = {}
    p99: dict[tuple[str, int], list[float]] = {}
    with ExitStack() as stack:
        servers = [stack.enter_context(server(folder, name, kind)) for name, kind in kinds.items()]
        for one in servers:
            ask(one, request, 4, 1.0)
        for _ in range(rounds):
            for count in connections:
                for one in servers:
                    quantiles = statistics.quantiles(ask(one, request, count, seconds).latencies, n=100)
                    p50.setdefault((one.name, count), []).append(quantiles[49])
                    p99.setdefault((one.name, count), []).append(quantiles[98])
        report = compared(servers[1])
    print(f"\n{'connections':>12}{'without µs':>12}{'with µs':>10}{'p50 ratio':>11}{'p99 ratio':>11}")
    for count in connections:
        without, with_it = (statistics.median(p50[name, count]) * 1e6 for name in kinds)
        pairs = zip(p50["none", count], p50["shadow", count], strict=True)
        ratio = statistics.median(new / old for old, new in pairs)
        tails = zip(p99["none", count], p99["shadow", count], strict=True)
        tail = statistics.median(new / old for old, new in tails)
        print(f"{count:>12}{without:>12.0f}{with_it:>10.0f}{ratio:>11.3f}{tail:>11.3f}")
    told = report["shadow"]
    print(f"compared {told['asked']}, spared {told['shed']}, different {told['different']}")


def compared(one: Server) -> dict[str, Any]:
    from mainspring.serving import Client

    with Client(f"http://{one.host}:{one.port}") as client:
        return client.rollout(MODEL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--no-shadow", action="store_true")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "models" / MODEL).mkdir(parents=True)
        row = make_package(folder / "models" / MODEL / "1")
        decisions(folder / "state", folder / "models" / MODEL / "1", row)
        if options.no_shadow:
            return
        make_package(folder / "models" / MODEL / "2")
        shadows(
            folder,
            request_of(row),
            rounds=options.rounds,
            seconds=options.seconds,
            connections=options.connections,
        )


if __name__ == "__main__":
    main()
