"""Real runs of small pipelines, in real stores; what would take long, training and serving, is not in them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from mainspring.app import stories
from mainspring.app.platform import Mainspring
from mainspring.app.platform import open as open_platform
from mainspring.app.stories import Story

Told = Callable[..., tuple[Mainspring, Story]]

PIPELINE = """
    import numpy as np
    from mainspring import File, approval, latest, pipeline, step, steps, when
    from mainspring.core import Reason, Verdict
    from mainspring.data import Examples
    from mainspring.evaluation import Evaluation, Predictions, evaluate

    @step
    def guess(examples: Examples, *, noise: float = 0.0) -> Evaluation:
        rows = examples.split("eval")
        right = rows.column("label") == "yes"
        random = np.random.default_rng(7)
        score = np.clip(np.where(right, 0.8, 0.2) + random.normal(0, noise or 1e-9, rows.num_rows), 0, 1)
        return evaluate(Predictions(("no", "yes"), np.column_stack([1 - score, score])), rows, label="label",
                        slices=["city"], min_slice_size=1)

    @step(gate=True)
    def gate(evaluation: Evaluation, baseline: Evaluation | None = None, *, least: float = 0.5) -> Verdict:
        found = evaluation.overall["auc"]
        return Verdict.of("model gate", [
            Reason(ok=True, code="LOOKED", message="the evaluation was read"),
            Reason(ok=found >= least, code="METRIC_BOUND", message=f"auc {found:.3f}, {least} wanted",
                   subject="auc", observed=found, expected=least),
        ])

    @pipeline
    def data(source: File = File("data.csv"), noise: float = 0.3, least: float = 0.5):
        examples = steps.ingest(source, splits={"train": 1, "eval": 1})
        statistics = steps.statistics(examples)
        schema = steps.infer_schema(statistics, label="label")
        steps.validate(statistics, schema)
        before = guess.named("before")(examples, noise=0.6)
        gate(guess(examples, noise=noise), before, least=least)

    @step
    def hello(*, name: str = "world") -> str:
        return f"hello {name}"

    @step
    def shout(text: str) -> str:
        return text.upper()

    @pipeline
    def words(ask: bool = False):
        text = hello()
        if ask:
            with when(approval("Shall we <b>shout</b>?", evidence=[text])):
                shout(text)
        else:
            shout(text)

    @step
    def broken(text: str) -> str:
        raise ValueError("no such luck <img src=x>")

    @pipeline
    def breaking():
        shout(broken(hello()))
    """


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    """Runs a pipeline of the file above, and reads the run back."""
    (tmp_path / "pipeline.py").write_text(dedent(PIPELINE), encoding="utf-8")
    (tmp_path / "mainspring.toml").write_text(
        '[project]\nname = "t"\npipeline = "pipeline.py"\n', encoding="utf-8"
    )
    opened = open_platform(tmp_path)

    def run(name: str, **parameters: object) -> tuple[Mainspring, Story]:
        pipeline, entry = opened.pipelines.load("pipeline.py", name)
        result = opened.pipelines.run(pipeline, parameters, entry=entry)
        return opened, stories.tell(opened.pipelines.records, opened.store.blobs, result.run)

    yield run
    opened.close()


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """A small table: a number, a word, a label, and a column with a hostile name."""
    lines = ["fare,city,label,<script>alert(1)</script>"]
    lines += [
        f"{i % 17}.5,{('Bern', 'Genève', 'Zug')[i % 3]},{'yes' if i * 7 % 3 == 0 else 'no'},{i}"
        for i in range(240)
    ]
    path = tmp_path / "data.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
