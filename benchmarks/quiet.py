"""Two quiet weeks: how often a check of drift alarms while nothing changes, and how late it sees what does change.

    python benchmarks/quiet.py --jobs 4              # 20 seeds, about half an hour of CPU
    python benchmarks/quiet.py --seeds 3 --weeks 1

A hundred columns in hourly windows, held against 20,000 rows of training: thirty correlated bell curves, twenty
with heavy tails, twenty of words (3 to 40 of them), fifteen with 80 % zeros, fifteen with 10 % missing. *Windows*
are windows with at least one column that alarmed, in all weeks of a seed; *stated* is what the budget lets expect.
*Test alone* is the check with limits of 0, so that nothing but the budget keeps it from alarming. Beside it what
is often done, of two seeds: the test of Kolmogorov and Smirnov (chi-squared for words) at 0.05 for each column,
and a PSI of more than 0.1.

The delay is counted in windows from the first one that has changed to the first alarm that names the column, the
median over the seeds; *missed* were not seen in three days.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.data import ColumnType, Table, TableStatistics
from mainspring.data.comparison import distances
from mainspring.data.profiling.numbers import numbers_of
from mainspring.data.sketches import Frequencies
from mainspring.data.statistics import FeatureStatistics
from mainspring.data.statistics.words import Words
from mainspring.evaluation.reference import Reference
from mainspring.monitoring.checks.drift import DriftCheck
from mainspring.monitoring.correction import FalseAlarms
from mainspring.monitoring.seen import Seen, Series
from mainspring.monitoring.windows import Window

Columns = dict[str, npt.NDArray[Any]]
Change = Callable[[np.random.Generator, Columns], None]

HOUR = 3600.0
BUDGET = "1 per 30d"
TRAINED = 20_000
BEFORE, AFTER = 30, 72
ROWS = Table.from_columns({"row": [0]})
ALONE = {"l_infinity": 0.0, "jensen_shannon": 0.0, "missing": 0.0}
CHECKS = {
    "drift": DriftCheck(false_alarms=BUDGET),
    "drift, test alone": DriftCheck(false_alarms=BUDGET, usual=ALONE),
    "drift, each window alone": DriftCheck(false_alarms=BUDGET, together=(1,)),
}
QUIET = {
    "drift": CHECKS["drift"],
    "drift, test alone, 1 per 1d": DriftCheck(false_alarms="1 per 1d", usual=ALONE),
}
NAIVE = ("test at 0.05", "PSI above 0.1")
NAIVE_SEEDS = 2


@dataclass(frozen=True)
class Nothing:
    """No figures before."""

    def names(self, prefix: str = "") -> list[str]:
        """None."""
        return []

    def series(self, name: str, *, since: float | None = None, until: float | None = None) -> Series:
        """Empty."""
        none = np.empty(0)
        return Series(times=none, values=none, low=none, high=none, least=none, most=none)


def traffic(random: np.random.Generator, rows: int) -> Columns:
    """Rows of a hundred columns; words are codes, missing numbers NaN."""
    found: Columns = {}
    common = random.normal(size=rows)
    for place in range(30):
        found[f"bell{place}"] = 0.8 * common + 0.6 * random.normal(size=rows)
    for place in range(20):
        found[f"tail{place}"] = random.standard_t(2, size=rows)
        sizes = 1.0 / np.arange(1, 3 + 2 * place)
        found[f"word{place}"] = random.choice(len(sizes), size=rows, p=sizes / sizes.sum())
    for place in range(15):
        found[f"zero{place}"] = np.where(random.random(rows) < 0.8, 0.0, random.exponential(size=rows))
        found[f"gone{place}"] = np.where(random.random(rows) < 0.1, np.nan, random.normal(size=rows))
    return found


def profile(columns: Columns) -> TableStatistics:
    """The statistics of the rows, as far as the check reads them; describing a whole table would take longer."""
    rows = len(next(iter(columns.values())))
    return TableStatistics(rows, {name: _feature(name, values) for name, values in columns.items()})


def _feature(name: str, values: npt.NDArray[Any]) -> FeatureStatistics:
    if values.dtype.kind == "i":
        counts = {f"w{code}": int(count) for code, count in enumerate(np.bincount(values)) if count}
        words = Words(Frequencies.of_counts(counts), len(counts), 0, None, None)
        return FeatureStatistics(name, ColumnType.STRING, 0, len(values), words=words)
    there = values[~np.isnan(values)]
    missing = len(values) - len(there)
    return FeatureStatistics(name, ColumnType.FLOAT, missing, len(there), numbers=numbers_of(there))


def seen(number: int, statistics_: TableStatistics, reference: Reference) -> Seen:
    """A window as checks see it."""
    window = Window(
        since=number * HOUR, until=(number + 1) * HOUR, table=ROWS, requests=1, errors=0, complete=True
    )
    return Seen(
        model="m", version="1", window=window, statistics=statistics_, reference=reference, history=Nothing()
    )


def quiet(seed: int, hours: int, rows: int) -> Iterator[Mapping[str, tuple[int, int]]]:
    """What alarms in each quiet window: for each way, whether it alarms, and how many columns do."""
    random = np.random.default_rng(seed)
    reference = Reference(statistics=profile(traffic(random, TRAINED)))
    memories: dict[str, Mapping[str, Any]] = {name: {} for name in QUIET}
    for hour in range(hours):
        window = seen(hour, profile(traffic(random, rows)), reference)
        found = {}
        for name, check in QUIET.items():
            judged = check.judge(window, memories[name])
            memories[name] = judged.memory
            found[name] = len(judged.verdict.failures)
        if seed < NAIVE_SEEDS:
            naive = list(_naive(reference.statistics, window.statistics))
            found["test at 0.05"] = sum(p_value < 0.05 for p_value, _ in naive)
            found["PSI above 0.1"] = sum(psi > 0.1 for _, psi in naive)
        yield {name: (int(columns > 0), columns) for name, columns in found.items()}


def _naive(trained: TableStatistics, served: TableStatistics) -> Iterator[tuple[float, float]]:
    for name, feature in trained.features.items():
        apart = distances(feature, served.features[name], judged=())
        if apart is not None:
            yield apart.p_values.get("kolmogorov_smirnov", apart.p_value), apart.psi


def delay(check: DriftCheck, seed: int, rows: int, name: str, change: Change) -> int | None:
    """How many windows after a change its column is named; ``None`` if it is not in three days."""
    random = np.random.default_rng(seed)
    reference = Reference(statistics=profile(traffic(random, TRAINED)))
    memory: Mapping[str, Any] = {}
    for hour in range(BEFORE + AFTER):
        columns = traffic(random, rows)
        if hour >= BEFORE:
            change(random, columns)
        judged = check.judge(seen(hour, profile(columns), reference), memory)
        memory = judged.memory
        if hour >= BEFORE and any(reason.subject == name for reason in judged.verdict.failures):
            return hour - BEFORE + 1
    return None


def moved(name: str, size: float) -> Change:
    """All numbers of a column are larger by this."""

    def change(random: np.random.Generator, columns: Columns) -> None:
        columns[name] = columns[name] + size

    return change


def replaced(name: str, share: float, value: float) -> Change:
    """This share of the rows of a column holds a value instead of their own."""

    def change(random: np.random.Generator, columns: Columns) -> None:
        there = columns[name]
        columns[name] = np.where(random.random(len(there)) < share, value, there).astype(there.dtype)

    return change


CHANGES: dict[str, tuple[str, Change]] = {
    **{f"bell moves by {size}": ("bell0", moved("bell0", size)) for size in (0.2, 0.3, 0.4, 0.5, 0.7, 1.0)},
    **{f"word takes {share:.0%}": ("word5", replaced("word5", share, 7)) for share in (0.05, 0.15, 0.3)},
    **{f"zeros of {share:.0%} more": ("zero0", replaced("zero0", share, 0.0)) for share in (0.3, 0.6)},
    **{f"missing in {share:.0%} more": ("gone0", replaced("gone0", share, np.nan)) for share in (0.1, 0.2)},
}


def of_seed(asked: tuple[int, int, int]) -> list[Mapping[str, tuple[int, int]]]:
    """All quiet windows of a seed."""
    found = list(quiet(*asked))
    alarms = {name: sum(window[name][0] for window in found) for name in found[0]}
    print(f"seed {asked[0]}: {alarms}", file=sys.stderr, flush=True)
    return found


def of_change(asked: tuple[str, str, int, int]) -> int | None:
    """The delay of one check after one change."""
    check, change, seed, rows = asked
    name, how = CHANGES[change]
    waited = delay(CHECKS[check], seed, rows, name, how)
    print(f"{change}, {check}: {waited}", file=sys.stderr, flush=True)
    return waited


def quiet_table(pool: Executor, seeds: int, hours: int, rows: int) -> None:
    """Print how often each way alarms."""
    runs = list(pool.map(of_seed, [(seed, hours, rows) for seed in range(seeds)]))
    stated = {name: FalseAlarms.parse(check.false_alarms).expected(hours * HOUR) for name, check in QUIET.items()}
    print("| way | stated | windows that alarm, mean | least to most | columns |\n| --- |" + " ---: |" * 4)
    for name in (*QUIET, *NAIVE):
        known = runs if name in QUIET else runs[:NAIVE_SEEDS]
        windows = [sum(window[name][0] for window in run) for run in known]
        columns = [sum(window[name][1] for window in run) for run in known]
        print(
            f"| {name} | {f'{stated[name]:.2f}' if name in stated else ''} | {statistics.mean(windows):.2f} | "
            f"{min(windows)} to {max(windows)} | {statistics.mean(columns):.2f} |",
            flush=True,
        )


def delay_table(pool: Executor, seeds: int, rows: int) -> None:
    """Print how late each check sees each change."""
    print("\n| change | " + " | ".join(CHECKS) + " |\n| --- |" + " ---: |" * len(CHECKS))
    jobs = [(check, change, 1000 + seed, rows) for change in CHANGES for check in CHECKS for seed in range(seeds)]
    found = iter(list(pool.map(of_change, jobs)))
    for change in CHANGES:
        cells = []
        for _ in CHECKS:
            waits = [next(found) for _ in range(seeds)]
            middle = statistics.median([AFTER + 1 if wait is None else wait for wait in waits])
            missed = waits.count(None)
            cells.append((f"{middle:g}" if middle <= AFTER else "") + (f" ({missed} missed)" if missed else ""))
        print(f"| {change} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--delays", type=int, default=5, help="seeds of the delays")
    parser.add_argument("--weeks", type=int, default=2)
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=1)
    asked = parser.parse_args()
    print(f"{asked.weeks} quiet weeks of {asked.rows} rows an hour, {asked.seeds} seeds")
    with ProcessPoolExecutor(asked.jobs) as pool:
        quiet_table(pool, asked.seeds, asked.weeks * 168, asked.rows)
        delay_table(pool, asked.delays, asked.rows)


if __name__ == "__main__":
    main()
