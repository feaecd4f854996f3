"""Classes as users write them. Nothing of Mainspring is imported."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path


class Champion:
    """Seldon's contract, most of it."""

    def __init__(self, factor: float = 2.0) -> None:
        self.factor, self.calls, self.rewards = factor, 0, []

    def load(self) -> None:
        print("champion loaded")

    def predict(self, X, names=None, meta=None):
        self.calls += 1
        return X * self.factor

    def transform_input(self, X, names, meta):
        return X + 1

    def transform_output(self, X, feature_names=None):
        return {"doubled": X * 2, "names": list(feature_names or [])}

    def route(self, X, names):
        return int(X.reshape(-1)[0])

    def aggregate(self, Xs, names):
        return sum(Xs) / len(Xs)

    def send_feedback(self, features, feature_names, reward, truth, routing=None):
        self.rewards.append(reward)
        return {"rewards": self.rewards, "truth": truth, "routing": routing}

    def tags(self):
        return {"calls": self.calls}

    def metrics(self):
        return [
            {"type": "COUNTER", "key": "calls", "value": 1},
            {"type": "GAUGE", "key": "f", "value": self.factor},
        ]

    def health_status(self):
        return {"calls": self.calls}

    def init_metadata(self):
        return {"name": "champion", "versions": ["1"], "platform": "python"}


class Echo:
    def predict(self, X):
        return X


class Trouble:
    """Does what its first value says."""

    def predict(self, X):
        what = float(X.reshape(-1)[0])
        if what == 1:
            os.kill(os.getpid(), signal.SIGSEGV)
        if what == 2:
            print("about to sleep")
            time.sleep(60)
        if what == 3:
            raise ValueError("three is too much")
        if what == 4:
            sys.exit(7)
        if what == 5:
            raise Blamed
        if what == 6:
            self.held = bytearray(300_000_000)
            time.sleep(5)
        return X


class Blamed(Exception):
    status_code = 422

    def __str__(self) -> str:
        return "give me something else"


class Keeps:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.kept = []

    def predict(self, X):
        self.kept.append(X)
        return [float(one.reshape(-1)[0]) for one in self.kept]


class Slow:
    calls_at_once = 2

    def predict(self, X):
        time.sleep(0.3)
        return X


class Meets:
    """Two calls wait for each other, in one process or in two."""

    calls_at_once = 2

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def predict(self, X):
        (self.folder / str(X.tolist())).touch()
        until = time.monotonic() + 20
        while len(list(self.folder.iterdir())) < 2:
            if time.monotonic() > until:
                raise RuntimeError("nobody else was asked meanwhile")
            time.sleep(0.01)
        return X


class Waits:
    """Asynchronous: answers once eight have asked."""

    async def load(self) -> None:
        self.factor, self.asked = 3, 0

    async def predict(self, X):
        import asyncio

        self.asked += 1
        until = time.monotonic() + 20
        while self.asked < 8:
            if time.monotonic() > until:
                raise RuntimeError("nobody else was asked meanwhile")
            await asyncio.sleep(0.01)
        return X * self.factor


class Streams:
    def predict(self, X):
        yield X


class NoPredict:
    def route(self, X):
        return 0


class Nothing:
    pass


class Ill:
    def predict(self, X):
        return X

    def health_status(self):
        raise RuntimeError("no licence")


class Broken:
    def __init__(self) -> None:
        print("looking for the weights")
        raise FileNotFoundError("weights.bin")


class Scores:
    """Declares what it takes and gives, as class attributes."""

    batches = True
    inputs = (
        {"name": "age", "datatype": "INT64", "shape": [-1]},
        {"name": "city", "datatype": "BYTES", "shape": [-1]},
    )
    outputs = (
        {"name": "score", "datatype": "FP32", "shape": [-1]},
        {"name": "why", "datatype": "BYTES", "shape": [-1]},
    )

    def predict(self, rows):
        return {
            "score": [row["age"] / 10 for row in rows],
            "why": [f"{row['city']} {row['age']}" for row in rows],
        }


class Image:
    """Takes several inputs by name."""

    inputs = (
        {"name": "image", "datatype": "UINT8", "shape": [-1, 2, 2]},
        {"name": "scale", "datatype": "FP32", "shape": [-1]},
    )

    def predict(self, image, scale):
        return image.mean(axis=(1, 2)) * scale


class Iris:
    def init_metadata(self):
        schema = {"names": ["a", "b"], "shape": [2]}
        return {"inputs": [{"messagetype": "tensor", "schema": schema}]}

    def predict(self, X, names):
        return {"first": names[0], "sum": X.sum(axis=1).tolist()}


class Talks:
    """Free-form answers."""

    def predict(self, X, parameters=None):
        kind = (parameters or {}).get("kind", "text")
        return {
            "text": "hello",
            "bytes": b"\x00\xff",
            "json": {"a": [1, {"b": None}], "nan": float("nan")},
            "number": 3,
            "rows": [{"n": 1}, {"n": 2}],
            "none": None,
            "uneven": {"a": [1], "b": [1, 2]},
            "strange": object(),
        }[kind]


class Frame:
    def predict(self, df):
        return df["a"] + df["b"]


def plain_function(X):
    return X - 1


def seen(rows):
    """What the environment looks like from inside."""
    try:
        import numpy

        version = numpy.__version__
    except ImportError:
        version = None
    found = []
    for name in ("mainspring", "msgspec"):
        try:
            __import__(name)
            found.append(name)
        except ImportError:
            pass
    return {
        "python": ".".join(map(str, sys.version_info[:2])),
        "numpy": version,
        "found": found,
        "rows": rows,
        "told": os.environ.get("TOLD"),
        "folder": str(Path.cwd()),
        "path": sys.path[0],
    }
