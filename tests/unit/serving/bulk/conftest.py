"""Rows whose answers can be worked out by hand, and the rule that answers them (see ``plugin/rule_model.py``)."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from mainspring.data import Table, engine
from mainspring.serving.bulk import PackageAnswerer

SQL = """
    SELECT i AS id, (i % 41) / 2.0 AS fare, CAST(i % 24 AS BIGINT) AS hour,
        CASE i % 3 WHEN 0 THEN 'A' WHEN 1 THEN 'B' END AS company, i % 7 = 0 AS airport
    FROM range({rows}) t(i)
"""


RUN = """
import json, sys
from pathlib import Path
from mainspring.models.package import Package
from mainspring.serving.bulk import Options, PackageAnswerer, run
data, package, out, told = sys.argv[1:]
told = json.loads(told)
model = PackageAnswerer(Package.load(Path(package)), name="taxi", version="1.0.0")
run(data, model, out, options=Options(keep=("id",), **told.pop("options")), **told)
"""


@pytest.fixture
def command() -> Callable[..., list[str]]:
    """The command of a run in a process of its own, with arguments of ``run`` and, by name, of ``Options``."""

    def make(data: Path, package: Path, out: Path, *, options: dict[str, object], **told: object) -> list[str]:
        return [
            sys.executable,
            "-c",
            RUN,
            *map(str, (data, package, out)),
            json.dumps({**told, "options": options}),
        ]

    return make


@pytest.fixture
def rows(tmp_path: Path) -> Callable[..., Path]:
    """Writes so many rows to a Parquet file, with other cells if asked for."""

    def write(count: int, *, replace: str = "", name: str = "rows.parquet") -> Path:
        path = tmp_path / name
        star = f"* REPLACE ({replace})" if replace else "*"
        engine.write_parquet(f"SELECT {star} FROM ({SQL.format(rows=count)}) ORDER BY id", path)
        return path

    return write


@pytest.fixture
def model(rule: ModuleType, tmp_path: Path) -> Callable[..., PackageAnswerer]:
    """A package in a folder, which worker processes can load too."""

    def make(**options: object) -> PackageAnswerer:
        folder = tmp_path / f"package{len(list(tmp_path.iterdir()))}"
        return PackageAnswerer(rule.RulePackage.load(rule.write(folder, **options)), name="taxi", version="1.0.0")

    return make


@pytest.fixture
def expected() -> Callable[[int], list[str]]:
    """The labels of so many rows, by hand."""

    def answer(count: int) -> list[str]:
        i = np.arange(count)
        logit = ((i % 41) / 2.0 - 10) / 5 + (i % 3 == 0) - (i % 7 == 0)
        return np.where(1 / (1 + np.exp(-logit)) > 0.5, "yes", "no").tolist()

    return answer


@pytest.fixture
def columns() -> Callable[[Path], dict[str, list[object]]]:
    """Gives the columns of a Parquet file."""
    return lambda path: Table.read_parquet(path).to_columns()
