"""A model that answers in a real browser, computed by the runtime of an installed npm package."""

from __future__ import annotations

import functools
import http.server
import random
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mainspring.data import Table, Transform, infer, split_rows, summarize
from mainspring.models.package import Package
from mainspring.models.packaging import build
from mainspring.models.training import train
from mainspring.serving.exporting import export_page
from mainspring.serving.predictor import Predictor

pytestmark = [pytest.mark.service, pytest.mark.slow]

RUNTIME = "onnxruntime-web@1.30.0"

ANSWER = """
const done = arguments[arguments.length - 1];
import(new URL("model.js", location.href)).then(async ({ Model }) => {
  const model = await Model.load(new URL(".", location.href));
  done(await model.answer(arguments[0]));
}).catch((error) => done(String(error)));
"""


@pytest.fixture(scope="module")
def package() -> Package:
    dice = random.Random(3)
    columns: dict[str, list[Any]] = {
        "fare": [None if dice.random() < 0.1 else round(dice.uniform(3, 60), 2) for _ in range(400)],
        "hour": [dice.randrange(24) for _ in range(400)],
        "company": [None if dice.random() < 0.1 else dice.choice(["Blue", "Red", "City"]) for _ in range(400)],
        "airport": [dice.random() < 0.3 for _ in range(400)],
    }
    pairs = zip(columns["fare"], columns["airport"], strict=True)
    columns["tip"] = ["yes" if (fare or 0) + 20 * flag > 35 else "no" for fare, flag in pairs]
    splits, _ = split_rows(Table.from_columns(columns), {"train": 3, "eval": 1})
    transform = Transform.fit(splits["train"], infer(summarize(splits), label="tip"))
    estimator = "sklearn.ensemble.GradientBoostingClassifier"
    return build(train(splits["train"], transform, estimator=estimator), splits["eval"])


@pytest.fixture(scope="module")
def site(package: Package, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not here, which installs the runtime of browsers")
    done = subprocess.run(
        [npm, "install", "--prefix", folder, RUNTIME], capture_output=True, text=True, timeout=300
    )
    if done.returncode:
        pytest.skip(f"the runtime of browsers cannot be installed: {done.stderr[-200:]}")
    runtime = folder / "node_modules" / "onnxruntime-web"
    export_page(package, folder / "page", name="taxi", version="1.0.0", runtime=runtime)
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    handler = functools.partial(quiet, directory=str(folder / "page"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def test_it_answers_as_a_server_does(browser: Any, site: str, package: Package, tmp_path: Path) -> None:
    odd = [
        {"fare": None, "hour": 3, "company": None, "airport": True},
        {"fare": 12.5, "hour": 23, "company": "nobody", "airport": False},
    ]
    rows = [*package.input_example, *odd]
    browser.open(site)
    browser.wait("return document.querySelectorAll('#answer th').length === 3")
    answers = browser.call("POST", "/execute/async", {"script": ANSWER, "args": [rows]})
    served = Predictor(package, name="taxi", version="1.0.0").from_rows(rows).plain_outputs()
    assert [one["label"] for one in answers] == served["label"]
    assert [one["probability.yes"] for one in answers] == pytest.approx(served["probability.yes"], abs=1e-9)
    assert [one for one in browser.complaints() if "favicon" not in one] == []
    browser.picture(tmp_path / "page.png")


def test_what_is_wrong_is_said_at_its_field(browser: Any, site: str) -> None:
    browser.open(site)
    browser.wait("return document.querySelectorAll('#answer th').length === 3")
    browser.run("document.querySelector('[data-field=fare]').value = 'much'")
    browser.click("button[type=submit]")
    browser.wait("return document.querySelector('[data-field=fare]').ariaInvalid === 'true'")
    assert 'fare is "much", not a number' in browser.text("#took")
