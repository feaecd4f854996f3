"""A small real project: three versions of a model that says who pays, one of them worse; a policy with roles."""

from __future__ import annotations

import json
import random
from pathlib import Path

import mainspring
from mainspring.models.files import Files
from mainspring.models.package import Package

SETTINGS = """
[project]
name = "loans"
pipeline = "pipeline.py"

[[promotion]]
environment = "staging"

[[promotion]]
environment = "production"
roles = ["reviewer", "risk"]
people = { risk = ["ada", "Carla"] }
after = "staging"
"""

PIPELINE = '''
"""Who pays."""

from mainspring import File, latest_blessed, models, pipeline, step, steps, when
from mainspring.data import Examples, Transform
from mainspring.evaluation import Evaluation


@step
def fit(examples: Examples, transform: Transform, strength: float) -> models.Model:
    """Trained in this process: another one would import everything anew."""
    estimator = "sklearn.linear_model.LogisticRegression"
    return models.train(examples.split("train"), transform, estimator=estimator, params={"C": strength})


@step
def pack(model: models.Model, examples: Examples, evaluation: Evaluation) -> models.Package:
    """Proved in this process, too."""
    data = {name: rows.digest() for name, rows in examples.splits.items()}
    return models.build(model, examples.split("eval"), data=data, evaluation=evaluation, examples=examples)


@pipeline
def loans(data: File = File("loans.csv"), strength: float = 1.0):
    examples = steps.ingest(data, splits={"train": 2, "eval": 1})
    statistics = steps.statistics(examples)
    schema = steps.infer_schema(statistics, label="pays")
    transform = steps.transform(examples, schema)
    model = fit(examples, transform, strength)
    evaluation = steps.evaluate(model, examples, label="pays", slices=["city"])
    baseline = steps.evaluate.named("evaluate_baseline")(
        latest_blessed(model), examples, label="pays", slices=["city"]
    )
    fairness = steps.assess_fairness(model, examples, label="pays", protected=["city"])
    verdict = steps.gate(evaluation, baseline, at_least={"auc": 0.4})
    with when(verdict):
        package = pack(model, examples, evaluation)
        explainer = steps.fit_explainer(
            examples, package, label="pays", methods={"shap": {}, "counterfactuals": {}}, background_rows=40
        )
        steps.register(package, evaluation, explainer, name="loans", reason=f"strength {strength}")
'''


def write(folder: Path) -> Path:
    """The project, with 300 rows."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(7)
    rows = ["age,income,city,pays"]
    for _ in range(300):
        age, city = draw.randint(18, 70), draw.choice(["Bern", "Basel", "Chur"])
        income = round(draw.uniform(20, 120), 1)
        pays = "yes" if income + 0.4 * age + (8 if city == "Bern" else 0) + draw.gauss(0, 12) > 90 else "no"
        rows.append(f"{age},{income},{city},{pays}")
    (folder / "loans.csv").write_text("\n".join(rows) + "\n")
    (folder / "pipeline.py").write_text(PIPELINE)
    (folder / "mainspring.toml").write_text(SETTINGS)
    return folder


def build(folder: Path) -> Path:
    """The project with versions: 1.0.0 in production, a worse 1.0.1, and 1.1.0, registered by hand."""
    with mainspring.open(write(folder)) as opened:
        for strength in (1.0, 1e-6):
            opened.pipelines.run(parameters={"strength": strength})
        models = opened.models
        models.promote("loans", "1.0.0", to="staging", by="Ada", comment="first")
        for role, by in (("reviewer", "Bo"), ("risk", "Carla")):
            models.sign("loans", "1.0.0", to="production", role=role, by=by, comment="looked at")
        models.promote("loans", "1.0.0", to="production", by="Bo", comment="go")
        again = _other(models.fetch(models.resolve("loans:1.0.0")))
        models.register(
            again, name="loans", metrics={"auc": 0.99, "accuracy": 0.95}, author="Bo", alias="production"
        )
    return folder


def _other(package: Package) -> Package:
    """The same package with another seed in its manifest, which gives it another digest."""
    files = {name: package.files.read(name) for name in package.files.names}
    manifest = json.loads(files["package.json"])
    manifest["details"]["seed"] = 99
    return Package.from_files(Files({**files, "package.json": json.dumps(manifest).encode()}))
