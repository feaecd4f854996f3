"""Explanations beside others: anchors, kernel SHAP, accumulated effects, partial dependence, and one prediction.

    python -m venv peers/anchor && peers/anchor/bin/pip install anchor-exp
    python -m venv peers/shap && peers/shap/bin/pip install shap==0.51.0
    python -m venv peers/alibi && peers/alibi/bin/pip install alibi==0.9.4 "numpy<2" click
    python benchmarks/explanation.py FOLDER [--anchor VENV] [--shap VENV] [--alibi VENV] [--only anchors …]

FOLDER holds the census income data (``adult.data.gz`` and ``adult.test.gz``). alibi 0.9.4 is the last release
under an open licence.

Both sides of a comparison train the same model from the same matrix with the same seed, each in a process of its
own (what the models answer is compared), explain the same rows, and take turns; medians of all turns count. One
thread each, unless ``--threads`` says otherwise. Training, reading and imports are left out. What is compared
besides time: the precision of every anchor on 20,000 fresh rows, drawn from the test file by one piece of code for
both sides; the distance of Shapley values from the exact ones of ``shap.TreeExplainer``; effects with the peers'.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CENSUS = """
import csv, gzip, json, re, sys, time
import numpy as np
from sklearn.ensemble import RandomForestClassifier
folder, count = sys.argv[1], int(sys.argv[2])
NAMES = "age workclass fnlwgt education years marital occupation relationship race sex gain loss hours country"
NAMES = NAMES.split()
NUMBERS = [NAMES.index(name) for name in ("age", "fnlwgt", "years", "gain", "loss", "hours")]
WORDS = [place for place in range(14) if place not in NUMBERS]
def read(name):
    with gzip.open(f"{folder}/{name}", "rt") as file:
        lines = [[cell.strip() for cell in line] for line in csv.reader(file) if len(line) == 15]
    return [line for line in lines if line[0].isdigit()]
train, test = read("adult.data.gz"), read("adult.test.gz")
levels = {place: sorted({line[place] for line in train + test}) for place in WORDS}
codes = {place: {word: code for code, word in enumerate(words)} for place, words in levels.items()}
def matrix(lines):
    columns = [[codes[p][line[p]] for line in lines] if p in codes else [float(line[p]) for line in lines]
               for p in range(14)]
    return np.array(columns, dtype=float).T
X, fresh, y = matrix(train), matrix(test), np.array([">50K" in line[14] for line in train])
forest = RandomForestClassifier(100, min_samples_leaf=2, random_state=0, n_jobs=1).fit(X, y)
told = {"model": round(float(forest.predict_proba(fresh[:500])[:, 1].sum()), 9)}
spent = {"calls": 0, "rows": 0}
def probabilities(rows):
    spent["calls"] += 1
    spent["rows"] += len(rows)
    return forest.predict_proba(rows)
def timed(work):
    for kind in spent:
        spent[kind] = 0
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    return found, {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, **spent}
chosen = np.random.default_rng(1).permutation(len(fresh))[:count]
"""

OURS = """
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.explanation import Asked, Background, explain
class Forest:
    def predict(self, table):
        return self.predict_columns({name: table.column(name) for name in table.names})
    def predict_columns(self, columns):
        rows = np.empty((len(columns["age"]), 14))
        for place, name in enumerate(NAMES):
            values = columns[name]
            rows[:, place] = [codes[place][word] for word in values.tolist()] if place in codes else values
        return Predictions(("0", "1"), probabilities(rows))
def table(rows):
    words = {p: np.array(levels[p], dtype=object) for p in WORDS}
    return Table.from_columns({name: words[p][rows[:, p].astype(int)] if p in words else rows[:, p]
                               for p, name in enumerate(NAMES)})
"""

CHECKED = """
def judged(rule, row):
    # Rows of the test file in which the columns of a rule hold values that meet it; and how many rows do anyway.
    random, label = np.random.default_rng(7), forest.predict_proba(row[None])[0].argmax()
    met = {}
    for place, relation, value in rule:
        column = fresh[:, place]
        holds = {"=": column == value, "<=": column <= value, ">": column > value}[relation]
        met[place] = met.get(place, True) & holds
    drawn = fresh[random.integers(len(fresh), size=20_000)]
    for place, holds in met.items():
        values = fresh[holds, place] if holds.any() else row[[place]]
        drawn[:, place] = values[random.integers(len(values), size=len(drawn))]
    precision = float((forest.predict_proba(drawn).argmax(axis=1) == label).mean())
    coverage = float(np.all([*met.values(), np.full(len(fresh), True)], axis=0).mean())
    return {"precision": precision, "coverage": coverage, "length": len(rule)}
"""

ANCHORS_OURS = """
background = Background.of(table(X), rows=len(X))
def anchored(row):
    found = explain(Forest(), table(row[None]), background=background, method="anchors", **options)[0]
    value = lambda p, one: codes[p][one.value] if p in codes else float(one.value)
    places = [(NAMES.index(one.feature), one) for one in found.predicates]
    return [(p, one.relation, value(p, one)) for p, one in places], found.reached
"""

ANCHORS_PEER = """
from anchor import anchor_tabular
explainer = anchor_tabular.AnchorTabularExplainer(["0", "1"], NAMES, X, {p: levels[p] for p in WORDS})
def anchored(row):
    np.random.seed(0)
    answers = lambda rows: probabilities(rows).argmax(axis=1)
    found = explainer.explain_instance(row, answers, threshold=0.95, **options)
    rule = []
    for text in found.names():
        between = re.fullmatch(r"([-0-9.]+) < (\\w+) <= ([-0-9.]+)", text)
        if between:
            place = NAMES.index(between[2])
            rule += [(place, ">", float(between[1])), (place, "<=", float(between[3]))]
            continue
        name, relation, value = text.split(" ", 2)
        place = NAMES.index(name)
        rule.append((place, relation, codes[place][value] if place in codes else float(value)))
    return rule, found.precision() >= 0.95
"""

ANCHORS = """
told["rows"] = []
anchored(X[0])
for row in fresh[chosen]:
    (rule, reached), cost = timed(lambda: anchored(row))
    told["rows"].append({**cost, **judged(rule, row), "reached": bool(reached)})
print(json.dumps(told))
"""

KERNEL_OURS = """
background = Background.of(table(X[np.random.default_rng(2).permutation(len(X))[:50]]), rows=50)
def values(row):
    return explain(Forest(), table(row[None]), background=background, method="kernel_shap").contributions[0]
"""

KERNEL_PEER = """
import shap
background = X[np.random.default_rng(2).permutation(len(X))[:50]]
explainer = shap.KernelExplainer(lambda rows: probabilities(rows)[:, 1], background)
def values(row):
    np.random.seed(0)
    return explainer.shap_values(row, l1_reg=False, silent=True)
tree = shap.TreeExplainer(forest, background, feature_perturbation="interventional")
told["exact"] = tree.shap_values(fresh[chosen])[:, :, 1].tolist()
"""

KERNEL = """
told["rows"] = []
for row in fresh[chosen]:
    found, cost = timed(lambda: values(row))
    told["rows"].append({**cost, "values": np.asarray(found).tolist()})
print(json.dumps(told))
"""

NUMBERS_ONLY = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
random = np.random.default_rng(0)
X = random.normal(size=(5000, 20))
y = X[:, 0] * X[:, 1] + np.abs(X[:, 2]) + X[:, 3:].sum(axis=1) / 10 + random.normal(size=5000) / 10
model = HistGradientBoostingRegressor(random_state=0).fit(X, y)
rows = X[:1000]
told = {"model": round(float(model.predict(rows).sum()), 6)}
def timed(work):
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    return found, {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
"""

ALE_OURS = """
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.explanation import Asked
from mainspring.evaluation.explanation.effects import effects
names = [f"x{place}" for place in range(20)]
class Boosted:
    def predict(self, table):
        return self.predict_columns({name: table.column(name) for name in names})
    def predict_columns(self, columns):
        return Predictions(None, model.predict(np.column_stack([columns[name] for name in names])))
table = Table.from_columns({name: rows[:, place] for place, name in enumerate(names)})
def accumulated():
    return [(one.grid[0], one.values) for one in effects(Asked.of(Boosted(), table), table, bins=40)]
"""

ALE_PEER = """
from alibi.explainers import ALE
explainer = ALE(model.predict)
def accumulated():
    found = explainer.explain(rows, min_bin_points=25)
    return [(grid, values[:, 0]) for grid, values in zip(found.feature_values, found.ale_values)]
"""

ALE = """
accumulated()
found, told["cost"] = timed(accumulated)
told["values"] = [np.interp(np.linspace(-1.5, 1.5, 31), grid, values).tolist() for grid, values in found]
print(json.dumps(told))
"""

TREES = """
import os, statistics
from pathlib import Path
from mainspring.data import Table, Transform, infer, summarize
from mainspring.models import train
from mainspring.evaluation.explanation import Asked, Background, explain
test = Table.read_csv(f"{sys.argv[1]}/adult.test.gz", missing=["?"], trim=True)
whole = Table.read_csv(f"{sys.argv[1]}/adult.data.gz", header=False, names=test.names, missing=["?"], trim=True)
names = [name for name in test.names if name != "class"]
transform = Transform.fit(whole, infer(summarize(whole), label="class"), categories="onehot")
def trained(estimator, **params):
    return train(whole, transform, estimator=estimator, params=params)
FOREST = "sklearn.ensemble.RandomForestClassifier"
def median(work, times):
    costs = [timed(work)[1] for _ in range(times)]
    return {kind: statistics.median(cost[kind] for cost in costs) for kind in costs[0]}
"""

PARTIAL = """
from sklearn.inspection import partial_dependence as theirs
from mainspring.evaluation.explanation.effects import partial_dependence
from mainspring.models.explaining.effects import tree_partial_dependence
told, rows = {}, test.rows(0, 1000)
models = {
    "regression forest, 100 deep trees": ("sklearn.ensemble.RandomForestRegressor", {"n_jobs": 1}),
    "hist. gradient boosting": ("sklearn.ensemble.HistGradientBoostingClassifier", {}),
}
hours = whole.select([name for name in whole.names if name != "class"])
for name, (estimator, params) in models.items():
    if "Regressor" in estimator:
        asked_for = [one for one in names if one != "hours-per-week"]
        small = Transform.fit(hours, infer(summarize(hours), label="hours-per-week"), categories="onehot")
        model, scale = train(hours, small, estimator=estimator, params={**params, "min_samples_leaf": 2}), "value"
    else:
        asked_for, model, scale = names, trained(estimator, **params), "logit"
    asked = Asked.of(model, rows.select(asked_for), scale=scale)
    matrix = np.asarray(model.transform.apply_columns(asked.columns(rows)))
    place = next(i for i, raw in enumerate(model.transform.sources.values()) if set(raw) == {"age"})
    inner = model.fitted.native
    sides = {
        "Mainspring, exact": lambda: tree_partial_dependence(asked, rows, "age"),
        "scikit-learn, recursion": lambda: theirs(inner, matrix, [place], method="recursion", grid_resolution=50),
        "scikit-learn, brute": lambda: theirs(inner, matrix, [place], method="brute", grid_resolution=50),
        "Mainspring, asking": lambda: partial_dependence(asked, rows, "age"),
    }
    costs = {side: [] for side in sides}
    for _ in range(3):
        for side, work in sides.items():
            costs[side].append(timed(work)[1])
    told[name] = {side: {kind: statistics.median(cost[kind] for cost in all_) for kind in ("wall", "cpu")}
                  for side, all_ in costs.items()}
    exact = partial_dependence(asked, rows, "age").values
    told[name]["difference"] = float(np.abs(tree_partial_dependence(asked, rows, "age").values - exact).max())
print(json.dumps(told))
"""

ONE = """
told = {}
models = {"forest": (trained(FOREST, n_estimators=100, min_samples_leaf=2, n_jobs=1), "probability"),
          "LightGBM": (trained("lightgbm.LGBMClassifier", n_jobs=1, verbose=-1), "logit")}
for name, (model, scale) in models.items():
    for method, rows, options in (("tree_shap", 100, {"scale": scale}), ("kernel_shap", 16, {"coalitions": 256}),
                                  ("kernel_shap", 100, {}), ("anchors", 1000, {})):
        background = Background.of(whole.select(names), rows=rows)
        explain(model, test.rows(99, 100), background=background, method=method, **options)
        costs = []
        for place in range(12):
            row = test.rows(place, place + 1)
            work = lambda: explain(model, row, background=background, method=method, **options)
            costs.append(timed(work)[1])
        told[f"{name}, {method}, background of {rows:,}"] = {
            kind: [statistics.median(one[kind] for one in costs), max(one[kind] for one in costs)]
            for kind in ("wall", "cpu")}
print(json.dumps(told))
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path, help="where adult.data.gz and adult.test.gz are")
    for peer in ("anchor", "shap", "alibi"):
        arguments.add_argument(f"--{peer}", type=Path, metavar="VENV", help=f"an environment with {peer}")
    arguments.add_argument("--threads", default="1", help="OpenMP and BLAS threads of each side")
    arguments.add_argument("--repeats", type=int, default=3)
    arguments.add_argument("--rows", type=int, default=10, help="rows that anchors are found for")
    parts = {"anchors": anchors, "kernel": kernel, "ale": ale, "pdp": pdp, "one": one}
    arguments.add_argument("--only", nargs="*", choices=parts, default=list(parts))
    given = arguments.parse_args()
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), given.threads)
    print("load of the machine:", " ".join(f"{load:.1f}" for load in os.getloadavg()))
    for name in given.only:
        parts[name](given)


def anchors(given: argparse.Namespace) -> None:
    """Anchors of the census forest; each side with its own defaults, and once with the same ones."""
    same = {"beam": 4, "delta": 0.1, "tolerance": 0.15, "batch": 100, "longest": 14}
    for title, ours, theirs in (("defaults", {}, {}), ("the peer's settings", same, None)):
        sides = {"Mainspring": (sys.executable, CENSUS + OURS + f"options = {ours}\n" + ANCHORS_OURS)}
        if given.anchor and theirs is not None:
            sides["anchor-exp"] = (python(given.anchor), CENSUS + "options = {}\n" + ANCHORS_PEER)
        scripts = {side: (where, script + CHECKED + ANCHORS) for side, (where, script) in sides.items()}
        print(f"\nAnchors of {given.rows} rows, forest of 100 trees, {title}")
        for side, told in in_turns(scripts, 1, given.folder, given.rows).items():
            rows = told[0]["rows"]
            sums = " ".join(f"{kind} {middle(rows, kind):10,.2f}" for kind in ("calls", "rows", "wall", "cpu"))
            reached = [row for row in rows if row["reached"]]
            print(f"  {side:11} medians per row: {sums}; in all {sum(row['cpu'] for row in rows):.1f} CPU s")
            for kind, those in (("all", rows), ("said to be precise enough", reached)):
                if those:
                    enough = sum(row["precision"] >= 0.95 for row in those)
                    print(
                        f"    {kind}: {len(those)}, fresh precision >= 0.95 in {enough}, "
                        f"median {middle(those, 'precision'):.3f}, "
                        f"least {min(row['precision'] for row in those):.3f};"
                        f" coverage {middle(those, 'coverage'):.3f}, conditions {middle(those, 'length'):.0f}",
                        flush=True,
                    )


def kernel(given: argparse.Namespace) -> None:
    """Kernel SHAP of the census forest, 50 background rows, 2,076 coalitions."""
    scripts = {"Mainspring": (sys.executable, CENSUS + OURS + KERNEL_OURS + KERNEL)}
    if given.shap:
        scripts["shap"] = (python(given.shap), CENSUS + KERNEL_PEER + KERNEL)
    told = in_turns(scripts, given.repeats, given.folder, 5)
    print(f"\nKernel SHAP of 5 rows, background of 50, median of {given.repeats} turns")
    exact = told["shap"][0]["exact"] if given.shap else None
    for side, runs in told.items():
        rows = [row for run_ in runs for row in run_["rows"]]
        line = " ".join(f"{kind} {middle(rows, kind):10,.2f}" for kind in ("calls", "rows", "wall", "cpu"))
        if exact is not None:
            errors = [
                abs(a - b)
                for row, truth in zip(runs[0]["rows"], exact, strict=True)
                for a, b in zip(row["values"], truth, strict=True)
            ]
            line += f"; off by {statistics.mean(errors):.1e} in the mean, {max(errors):.1e} at most"
        print(f"  {side:11} {line}", flush=True)


def ale(given: argparse.Namespace) -> None:
    """Accumulated local effects of 20 features, 1,000 rows, about 40 bins."""
    scripts = {"Mainspring": (sys.executable, NUMBERS_ONLY + ALE_OURS + ALE)}
    if given.alibi:
        scripts["alibi"] = (python(given.alibi), NUMBERS_ONLY + ALE_PEER + ALE)
    told = in_turns(scripts, given.repeats, given.folder, 0)
    print(f"\nALE of 20 features x 1,000 rows, median of {given.repeats} turns")
    for side, runs in told.items():
        costs = [run_["cost"] for run_ in runs]
        print(f"  {side:11} wall {middle(costs, 'wall'):.3f} cpu {middle(costs, 'cpu'):.3f}", flush=True)
    if given.alibi:
        pairs = zip(told["Mainspring"][0]["values"], told["alibi"][0]["values"], strict=True)
        apart = max(abs(a - b) for one_, other in pairs for a, b in zip(one_, other, strict=True))
        print(f"  largest difference between -1.5 and 1.5 of any feature: {apart:.3f}")


def pdp(given: argparse.Namespace) -> None:
    """Partial dependence on age, 50 points, 1,000 rows."""
    told = run(sys.executable, NUMBERS_ONLY + TREES + PARTIAL, given.folder, 0)
    for name, sides in told.items():
        print(f"\nPartial dependence, {name}; largest difference from asking {sides.pop('difference'):.1e}")
        for side, cost in sides.items():
            print(f"  {side:24} wall {cost['wall']:8.4f} cpu {cost['cpu']:8.4f}", flush=True)


def one(given: argparse.Namespace) -> None:
    """One prediction of a model of the census explained, in process, after one that was explained before."""
    told = run(sys.executable, NUMBERS_ONLY + TREES + ONE, given.folder, 0)
    print("\nOne prediction explained, in process: median and most of 12 rows")
    for name, cost in told.items():
        times = "  ".join(f"{kind} {low:7.3f} {high:7.3f}" for kind, (low, high) in cost.items())
        print(f"  {name:45} {times}", flush=True)


def middle(rows: list[dict[str, Any]], kind: str) -> float:
    """The median of a figure."""
    return statistics.median(row[kind] for row in rows)


def python(venv: Path) -> str:
    """The interpreter of an environment."""
    return str(venv / "bin" / "python")


def in_turns(
    scripts: Mapping[str, tuple[str, str]], repeats: int, folder: Path, rows: int
) -> dict[str, list[dict[str, Any]]]:
    """What the scripts of all sides say, in turns; their models must be the same."""
    told: dict[str, list[dict[str, Any]]] = {side: [] for side in scripts}
    for _ in range(repeats):
        for side, (interpreter, script) in scripts.items():
            told[side].append(run(interpreter, script, folder, rows))
    models = {run_["model"] for runs in told.values() for run_ in runs}
    if max(models) - min(models) > 1e-6:
        raise RuntimeError(f"the models of the sides are not the same: {models}")
    return told


def run(interpreter: str, script: str, folder: Path, rows: int) -> Any:
    """What a script says in its last line."""
    done = subprocess.run(
        [interpreter, "-W", "ignore", "-c", script, str(folder), str(rows)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    main()
