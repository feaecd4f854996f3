"""Members of graphs as users write them. Nothing of Mainspring is imported."""

from __future__ import annotations

import time

import numpy as np


class Affine:
    """``factor * x + offset`` of every input, added up."""

    def __init__(self, factor: float = 1.0, offset: float = 0.0, sleep: float = 0.0) -> None:
        self.factor, self.offset, self.sleep = factor, offset, sleep

    def predict(self, columns):
        if self.sleep:
            time.sleep(self.sleep)
        return self.offset + sum(self.factor * values for values in columns.values())


class Lower:
    """A transformer of text."""

    def predict(self, columns):
        return np.array([text.lower() for text in columns["text"]], dtype=object)


class Length:
    """The number of characters."""

    def predict(self, columns):
        return np.array([len(text) for text in columns["text"]], dtype=np.int64)


class Fails:
    def predict(self, columns):
        raise ValueError("it is broken")


class Seldon:
    """Every method of Seldon's contract."""

    def __init__(self, branch: int = 0) -> None:
        self.branch = branch

    def predict(self, X):
        return X * 10

    def transform_input(self, X, names):
        return X + 1

    def transform_output(self, X, names):
        return X * 2

    def route(self, X, names):
        return int(X.reshape(-1)[0]) if self.branch > 90 else self.branch

    def aggregate(self, Xs, names):
        return sum(Xs)

    def tags(self):
        return {"seldon": self.branch}


FORMULAS = {
    "inc": lambda x: x + 1,
    "dbl": lambda x: x * 2,
    "neg": lambda x: -x,
    "add": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "pair": lambda a, b: np.column_stack([a, b]),
    "flat": lambda m: m.sum(axis=1),
    "whole": lambda x: np.clip(np.floor(x), -1e6, 1e6).astype(np.int64),
    "word": lambda x: np.array(["much" if one > 10 else "little" for one in x], dtype=object),
    "size": lambda w: np.array([len(one) for one in w], dtype=np.int64),
    "join": lambda w, v: np.array([f"{one}{other}" for one, other in zip(w, v, strict=True)], dtype=object),
    "single": lambda x: x.astype(np.float32),
}


class Formula:
    """A function of columns."""

    def __init__(self, kind: str) -> None:
        self.function = FORMULAS.get(kind)

    def predict(self, columns):
        if self.function is None:
            raise ValueError("it is broken")
        return self.function(*columns.values())
