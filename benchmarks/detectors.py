"""Detectors on streams: what an item costs, how often a steady stream alarms, and how late a change is seen.

    python benchmarks/detectors.py                                    # ours
    python benchmarks/detectors.py --river VENV/bin/python      # beside river, in an environment of its own

Items are mistakes at a rate of 0.2 (for the linear four rates, outcomes of two equal classes with that rate), or
normal figures with a deviation of 1. False alarms are those in 100,000 steady items. The delay is the median over
the seeds after 5000 items when the rate rises to 0.3, or the mean by 0.5; what is not seen in 10,000 items counts
as 10,000. Costs are CPU time: of the quickest of several runs over one steady stream, all at once and one by one.
River takes items one by one only; the ratios are of its cost to ours, all at once and one by one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from mainspring import monitoring
from mainspring.monitoring import Detector, DetectorState
from mainspring.monitoring.detectors.fhddm import FHDDM

KINDS: dict[str, Callable[[], Detector]] = {
    "DDM": monitoring.DDM,
    "EDDM": monitoring.EDDM,
    "FHDDM": FHDDM,
    "RDDM": monitoring.RDDM,
    "HDDMA": monitoring.HDDMA,
    "HDDMW": monitoring.HDDMW,
    "STEPD": monitoring.STEPD,
    "ECDD": monitoring.ECDD,
    "LinearFourRates": monitoring.LinearFourRates,
    "PageHinkley": monitoring.PageHinkley,
    "CUSUM": monitoring.CUSUM,
    "ADWIN": monitoring.ADWIN,
    "KSWIN": monitoring.KSWIN,
}
FIGURES = ("PageHinkley", "CUSUM", "ADWIN", "KSWIN")
BEFORE, AFTER, STEADY = 5_000, 10_000, 100_000

RIVER = """
import json, sys, time
from river import drift
kinds = {"DDM": drift.binary.DDM, "EDDM": drift.binary.EDDM, "FHDDM": drift.binary.FHDDM,
         "HDDMA": drift.binary.HDDMA,
         "HDDMW": drift.binary.HDDMW, "PageHinkley": drift.PageHinkley, "ADWIN": drift.ADWIN, "KSWIN": drift.KSWIN}
asked = json.load(sys.stdin)
found = {}
for name, kind in kinds.items():
    items, best, alarms = asked[name], float("inf"), 0
    for _ in range(1 if name == "KSWIN" else 3):
        detector, alarms = kind(), 0
        update, begin = detector.update, time.process_time()
        for item in items:
            update(item)
            alarms += detector.drift_detected
        best = min(best, time.process_time() - begin)
    found[name] = [best / len(items) * 1e9, alarms]
json.dump(found, sys.stdout)
"""


def stream(name: str, seed: int, low: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mistakes or outcomes at a rate for each item."""
    random = np.random.default_rng(seed)
    wrong = random.random(low.size) < low
    if name != "LinearFourRates":
        return wrong.astype(np.float64)
    truth = random.random(low.size) < 0.5
    return (2 * truth + (truth ^ wrong)).astype(np.float64)


def normal(seed: int, mean: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Normal figures with a mean for each item."""
    return np.random.default_rng(seed).normal(mean, 1.0)


def delay(made: Callable[[], Detector], items: npt.NDArray[np.float64]) -> int:
    """Items from the change to the first alarm after it."""
    alarms = made().update_many(items)
    later = alarms[alarms >= BEFORE]
    return int(later[0]) - BEFORE if later.size else AFTER


def cost(made: Callable[[], Detector], items: npt.NDArray[np.float64], repeats: int) -> tuple[float, float]:
    """Nanoseconds of CPU time per item: all at once, and one by one."""
    many, single = [], []
    plain = items[:5_000].tolist()
    made().update_many(items[:5_000])
    for _ in range(repeats):
        detector = made()
        begin = time.process_time_ns()
        detector.update_many(items)
        many.append((time.process_time_ns() - begin) / items.size)
        detector, alarms = made(), 0
        begin = time.process_time_ns()
        for item in plain:
            alarms += detector.update(item) is DetectorState.DRIFT
        single.append((time.process_time_ns() - begin) / len(plain))
    return min(many), min(single)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--river", metavar="PYTHON", help="a Python that has river")
    parser.add_argument("--only", default="", help="detectors with this in their name")
    parser.add_argument("--seeds", type=int, default=5, help="streams for false alarms and delays")
    parser.add_argument("--repeats", type=int, default=3, help="runs of which the quickest counts")
    options = parser.parse_args()
    steady = {name: stream(name, 0, np.full(STEADY, 0.2)) for name in KINDS}
    river: dict[str, tuple[float, int]] = {}
    if options.river:
        asked = {name: items[: 2_000 if name == "KSWIN" else STEADY].tolist() for name, items in steady.items()}
        done = subprocess.run(
            [options.river, "-c", RIVER], input=json.dumps(asked), capture_output=True, text=True, check=True
        )
        river = json.loads(done.stdout)
    print(f"{'':16}{'ns, many':>10}{'ns, one':>10}{'river ns':>10}{'many':>7}{'one':>7}", end="")
    print(f"{'false':>8}{'delay':>8}{'normal:':>9}{'false':>8}{'delay':>8}")
    change = np.repeat([0.2, 0.3], [BEFORE, AFTER])
    shift = np.repeat([0.0, 0.5], [BEFORE, AFTER])
    for name, made in KINDS.items():
        if options.only not in name:
            continue
        many, single = cost(made, steady[name][: 20_000 if name == "KSWIN" else STEADY], options.repeats)
        theirs = [river[name][0]] if name in river else []
        ratios = [f"{river / ours:.1f}" for river in theirs for ours in (many, single)] or ["", ""]
        print(f"{name:16}{many:10.0f}{single:10.0f}{''.join(f'{one:.0f}' for one in theirs):>10}", end="")
        print("".join(f"{ratio:>7}" for ratio in ratios), end="", flush=True)
        seeds = range(1, options.seeds + 1)
        false = [made().update_many(stream(name, seed, np.full(STEADY, 0.2))).size for seed in seeds]
        late = [delay(made, stream(name, seed, change)) for seed in seeds]
        print(f"{np.mean(false):8.1f}{np.median(late):8.0f}", end="", flush=True)
        if name in FIGURES:
            false = [made().update_many(normal(seed, np.zeros(STEADY))).size for seed in seeds]
            late = [delay(made, normal(seed, shift)) for seed in seeds]
            print(f"{'':9}{np.mean(false):8.1f}{np.median(late):8.0f}", end="")
        print(flush=True)


if __name__ == "__main__":
    main()
