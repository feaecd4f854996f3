"""Model cards: complete, and harmless whatever stands in names and values."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from mainspring.data import Examples, Table
from mainspring.evaluation import assess_fairness, evaluate
from mainspring.models.card_html import to_html
from mainspring.models.card_text import Bullets, Grid, Listing, Page, Section, Text, to_markdown
from mainspring.models.packaging import build
from mainspring.models.training import train

EVIL = '<script>alert("1")</script> & \' | `x`'


class Reader(HTMLParser):
    """Collects tags and text, and that every tag is closed."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.text, self.attributes = [], set(), [], []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in {"meta", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def made(tables, fit):
    table = tables["binary"]
    examples = Examples(
        splits={"train": table.rows(0, 300), "eval": table.rows(300, 400)}, span=7, source="trips.csv"
    )
    model = train(examples.splits["train"], fit(table), params={"n_estimators": 10})
    evaluation = evaluate(model, table, label="label", slices=["payment", "company"], min_slice_size=5)
    package = build(
        model,
        examples.splits["eval"],
        evaluation=evaluation,
        fairness=assess_fairness(model, table, label="label", protected=["payment"], min_group_size=20),
        examples=examples,
        lineage={"commit": "abc123"},
        about="Guesses big tips.",
    )
    return package, evaluation, examples


def test_a_card_tells_all_of_it(made):
    package, evaluation, examples = made
    card = package.card
    for words in (
        "Guesses big tips.",
        "lightgbm.LGBMClassifier",
        "| n_estimators | 10 |",
        f"| accuracy | {evaluation.overall['accuracy']:.6g} |",
        "the share of rows with the right",
        "furthest from what came true:",
        "## Thresholds",
        " (as it answers) |",
        "payment=Cash",
        "| payment | accuracy |",
        "| demographic parity difference | payment |",
        f"| train | 300 | 7 | no {_share(examples)}, yes ",
        examples.splits["train"].digest(),
        "| company | one column per word, 4 words |",
        "Beyond the numbers of training it extrapolates: `fare`",
        "rows compared",
        "| commit | abc123 |",
        "curl -s localhost:8080/v1/models/NAME:predict",
        "mlflow.pyfunc.load_model",
        "`onnxruntime==",
    ):
        assert words in card, words
    assert package.details["metrics"]["accuracy"] == evaluation.overall["accuracy"]
    assert "\n\n\n" not in card


def _share(examples):
    labels = examples.splits["train"].column("label").tolist()
    return f"{labels.count('no') / len(labels):.1%}"


def test_both_forms_say_the_same(made):
    package, _, _ = made
    reader = read(package.card_html)
    text = "".join(reader.text)
    for title in re.findall(r"^## (.*)$", package.card, flags=re.MULTILINE):
        assert title in reader.text
    for words in ("Guesses big tips.", "payment=Cash", "abc123"):
        assert words in text
    assert not {"script", "img", "link", "iframe"} & reader.tags
    assert not [name for name, _ in reader.attributes if name.startswith("on") or name == "src"]
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in reader.attributes
    assert all(value.startswith("#") for name, value in reader.attributes if name == "href")


def test_the_python_example_runs(made, tmp_path):
    package, _, _ = made
    package.save(tmp_path)
    code = re.search(r"In Python.*?```python\n(.*?)```", package.card, flags=re.DOTALL)[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert "probabilities" in done.stdout


def test_the_curl_example_is_what_a_shell_takes(made):
    package, _, _ = made
    line = re.search(r"```sh\n(.*?)```", package.card, flags=re.DOTALL)[1].replace("curl", "printf '%s\\n'", 1)
    done = subprocess.run(["bash", "-c", line], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout.splitlines()[-1]) == {"instances": package.input_example[:2]}


def test_evil_names_stay_text():
    blocks = [Text(EVIL), Bullets([EVIL]), Grid([EVIL], [[EVIL], [None]]), Listing("sh", EVIL + "\n```\n````")]
    page = Page(EVIL, EVIL, [Section("S", blocks)])
    made = to_html(page)
    assert "<script" not in made
    assert made.count("alert(&quot;1&quot;)") == 8
    reader = read(made)
    assert "code" in reader.tags
    markdown = to_markdown(page)
    assert "<script" not in markdown.partition("`````")[0]
    assert markdown.count("`````") == 2
    assert "\\|" in markdown


def test_evil_names_in_a_package(fit):
    rows = [{"a<b>": float(place), "w": f"<i>{place % 3}'", "y": place % 2 == 0} for place in range(60)]
    table = Table.from_rows(rows)
    model = train(table, fit(table, "y"), estimator="LogisticRegression")
    package = build(model, table, about="<img src=x onerror=alert(1)>")
    assert "img" not in read(package.card_html).tags
    assert "<img" not in package.card


def test_nothing_known_is_said(tables, transforms):
    model = train(tables["regression"], transforms["regression", "filled"], estimator="LinearRegression")
    card = build(model, tables["regression"]).card
    assert "Not measured." in card
    assert "Not recorded." in card
    assert "## Groups" not in card
