"""The model card: what a package is, for people, in Markdown and as a page of HTML.

After Mitchell et al., "Model Cards for Model Reporting", FAT* 2019 (https://arxiv.org/abs/1810.03993).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.evaluation.assertions import Assertion
from mainspring.models.card_answers import answers, enforced
from mainspring.models.card_text import Block, Bullets, Grid, Listing, Page, Section, Text
from mainspring.models.parity import Parity
from mainspring.models.signature import Field, Signature

MOST_LIMITS = 12
"""Of one kind: a list of all would bury the others."""

MISLEADING = 0.1
"""A score that lies further from the share that came true is worth a warning."""


def make_card(
    signature: Signature,
    parity: Parity,
    requirements: Sequence[str],
    details: Mapping[str, Any],
    examples: Sequence[Mapping[str, Any]],
    assertions: Sequence[Assertion] = (),
) -> Page:
    """The card of a package; what ``details`` may hold, :mod:`mainspring.models.facts`
    and :mod:`mainspring.models.quality` make.
    """
    label = details["label"] or "the label"
    sections = [
        Section("Model", _model(signature, details)),
        Section("Input", [_inputs(signature)]),
        Section("Output", [_outputs(signature)]),
        Section("Answers", answers(details)),
        Section("Assertions", enforced(assertions)),
        Section("Quality", _quality(details)),
        Section("Thresholds", _thresholds(details)),
        Section("Groups", _groups(details)),
        Section("Data", _data(details)),
        Section("Transform", _transform(details)),
        Section("Parity", [Text(f"{parity}.")]),
        Section("Limits", [Bullets(_limits(signature, parity, details))]),
        Section("How to call it", _calls(examples)),
        Section("Lineage", _lineage(details)),
        Section("Environment", _environment(requirements, details)),
    ]
    kept = [section for section in sections if section.blocks]
    return Page(f"Model card: {label}", details["about"] or f"A {signature.task} of `{label}`.", kept)


def _model(signature: Signature, details: Mapping[str, Any]) -> list[Block]:
    seed = "" if details.get("seed") is None else f", seed {details['seed']}"
    params = details["params"]
    variant = details.get("variant", "onnx")
    words = f"`{details['estimator']}`{seed}, for {signature.task}" + (
        "." if variant == "onnx" else f", packaged as `{variant}`."
    )
    rows = [(name, json.dumps(value, ensure_ascii=False)) for name, value in sorted(params.items())]
    return [Text(words), Grid(("parameter", "value"), rows, "All parameters have their defaults.")]


def _inputs(signature: Signature) -> Grid:
    rows = [
        (field.name, field.datatype, "yes" if field.nullable else "no", _words(field))
        for field in signature.inputs
    ]
    return Grid(("column", "type", "may be missing", "known values"), rows)


def _outputs(signature: Signature) -> Grid:
    rows = [(field.name, field.datatype, list(field.shape), _words(field)) for field in signature.outputs]
    return Grid(("name", "type", "shape", "values"), rows)


def _words(field: Field) -> str:
    if field.domain is None:
        return ""
    more = f" and {len(field.domain) - 10} more" if len(field.domain) > 10 else ""
    return ", ".join(field.domain[:10]) + more


def _quality(details: Mapping[str, Any]) -> list[Block]:
    found = details.get("evaluation")
    if not found:
        return [Grid(("metric", "value"), sorted(details["metrics"].items()), "Not measured.")]
    intervals = found["intervals"]
    says = found.get("says", {})
    overall = [
        (name, "does not exist" if value is None else value, _interval(intervals.get(name)), says.get(name, ""))
        for name, value in sorted(found["overall"].items())
    ]
    about = f" The class in question is `{found['positive']}`." if found.get("positive") else ""
    return [
        Text(f"On {found['rows']:,} rows of `{found['split']}`.{about}"),
        Grid(("metric", "value", "95 % interval", "what it says"), overall),
        *_calibration(found),
        *_slices(found),
    ]


def _calibration(found: Mapping[str, Any]) -> list[Block]:
    """Whether a score means what it says."""
    told = found.get("calibration")
    if not told:
        return []
    words = (
        f"Of {told['bins']} groups of rows by score, the one furthest from what came true: {told['said']:.4g} was "
        f"said on average, and {told['came']:.4g} of its {told['rows']:,.0f} rows were `{found['positive']}`."
    )
    return [Text(words)]


def _thresholds(details: Mapping[str, Any]) -> list[Block]:
    """What the model would do elsewhere than where it stands."""
    found = details.get("evaluation") or {}
    if not found.get("thresholds"):
        return []
    rows = [
        (
            f"{one['threshold']:.4g}" + (" (as it answers)" if one["own"] else ""),
            *(_figure(one[name]) for name in ("precision", "recall", "false_positive_rate", "positive_rate")),
        )
        for one in found["thresholds"]
    ]
    head = ("threshold", "precision", "recall", "false positive rate", "share answered so")
    return [
        Text(f"Rows with a score at the threshold or above are answered `{found['positive']}`."),
        Grid(head, rows),
    ]


def _slices(found: Mapping[str, Any]) -> list[Block]:
    if not found["slices"]:
        return []
    rows = [
        (one["slice"], one["rows"], *(_figure(one["figures"][name]) for name in found["metrics"]))
        for one in found["slices"]
    ]
    grid = Grid(("slice", "rows", *found["metrics"]), rows)
    return [grid, Text(f"And {found['more']} more slices.")] if found["more"] else [grid]


def _groups(details: Mapping[str, Any]) -> list[Block]:
    """How differently the model treats groups of rows."""
    found = details.get("evaluation") or {}
    blocks: list[Block] = []
    if found.get("gaps"):
        rows = [
            (
                one["columns"],
                one["metric"],
                f"{one['low']:.4g} ({one['lowest']})",
                f"{one['high']:.4g} ({one['highest']})",
                one["high"] - one["low"],
            )
            for one in found["gaps"]
        ]
        blocks.append(Grid(("groups by", "metric", "lowest", "highest", "difference"), rows))
    blocks += _fairness(details)
    return blocks


def _fairness(details: Mapping[str, Any]) -> list[Block]:
    """Gaps between groups of people."""
    found = details.get("fairness")
    if not found:
        return []
    rows = [
        (
            one["notion"].replace("_", " "),
            one["by"],
            "not estimable" if one["value"] is None else _figure(one["value"]),
            _interval(one["interval"]),
            " and ".join(one["between"]) or one["reason"],
        )
        for one in found["gaps"]
    ]
    head = ("gap", "by", "value", "95 % interval", "between")
    return [Text(f"Gaps between groups of people, on {found['rows']:,} rows:"), Grid(head, rows)]


def _data(details: Mapping[str, Any]) -> list[Block]:
    found = details.get("datasets")
    if not found:
        return [Grid(("data", "digest"), sorted(details["data"].items()), "Not recorded.")]
    rows = [
        (one["name"], f"{one['rows']:,}", _spans(one["spans"]), _label(one["label"]), f"`{one['digest']}`")
        for one in found
    ]
    blocks: list[Block] = [Grid(("data", "rows", "spans", "label", "digest"), rows)]
    sources = sorted({one["source"] for one in found if one["source"]})
    return blocks + ([Text("From " + ", ".join(f"`{source}`" for source in sources) + ".")] if sources else [])


def _transform(details: Mapping[str, Any]) -> list[Block]:
    found = details.get("transform")
    if not found:
        return []
    rows = [(one["column"], one["rule"]) for one in found["rules"]]
    more = f" The first {len(rows)} rules:" if found["more"] else ""
    words = f"{found['inputs']} columns become {found['outputs']} numbers (`{found['digest']}`).{more}"
    return [Text(words), Grid(("column", "what it becomes"), rows)]


def _limits(signature: Signature, parity: Parity, details: Mapping[str, Any]) -> list[str]:
    limits = ["It knows the kind of rows that it was trained on; it was not tried on others."]
    found = details.get("ranges") or {}
    if found:
        told = [f"`{name}` {low:.6g} to {high:.6g}" for name, (low, high) in found.items()]
        limits.append("Beyond the numbers of training it extrapolates: " + _some(told) + ".")
    if any(field.datatype == "BYTES" for field in signature.inputs):
        limits.append("A value that was not there in training counts as unseen.")
    strict = [f"`{field.name}`" for field in signature.inputs if not field.nullable]
    if strict:
        limits.append("No value may be missing in " + ", ".join(strict) + ".")
    if not details["probabilistic"]:
        limits.append("It gives no probabilities: the class it chooses has 1, the others 0.")
    evaluation = details.get("evaluation") or {}
    limits += [f"It is worse where {sentence}." for sentence in evaluation.get("low", [])[:MOST_LIMITS]]
    if evaluation.get("small"):
        limits.append("Too few rows to say much about: " + _some(evaluation["small"]) + ".")
    limits += [f"{note.rstrip('.')}." for note in evaluation.get("notes", [])[:MOST_LIMITS]]
    limits += _limits_of_groups(details)
    limits += _limits_of_form(parity, details)
    return limits + [f"`{name}` is not used: {why}." for name, why in sorted(details["ignored"].items())]


def _limits_of_groups(details: Mapping[str, Any]) -> list[str]:
    """What is not known of groups, and where scores mislead."""
    limits = []
    unknown = (details.get("fairness") or {}).get("unknown")
    if unknown:
        limits.append("Nothing is known of how it treats " + _some(unknown) + ".")
    told = (details.get("evaluation") or {}).get("calibration")
    if told and abs(told["said"] - told["came"]) > MISLEADING:
        limits.append(
            f"Its scores are no probabilities everywhere: where {told['said']:.2f} was said, {told['came']:.2f} "
            "came true."
        )
    return limits


def _limits_of_form(parity: Parity, details: Mapping[str, Any]) -> list[str]:
    """What the way it is packaged costs."""
    limits = []
    if parity.fallback_reason:
        limits.append(f"It runs in Python, slower than a portable format: {parity.fallback_reason}.")
    if parity.may_differ:
        limits.append(
            f"It is smaller than the exact package and answers within {parity.tolerance:g} of the model, but for "
            f"at most {parity.may_differ:.1%} of the rows; in the proof {parity.rows_different} of "
            f"{parity.rows_compared:,} differed, at most by {parity.max_abs_difference:.2g}."
        )
    strange = details.get("strange_rows") or {}
    if strange.get("different"):
        limits.append(
            f"Of {strange['rows']:,} rows with a missing or unseen value {strange['different']:,} are further "
            f"off, at most by {strange['largest']:.2g}."
        )
    near = details.get("near_cutoff") or {}
    if near:
        limits.append(
            f"Of {near['rows']:,} real rows within {parity.tolerance:g} of the cutoff it answers "
            f"{near['different']:,} otherwise."
        )
    foreign = details.get("foreign") or {}
    if foreign:
        tried = foreign["tried_on"]
        limits.append(
            "It was made elsewhere: there is no trained model to hold it against, and "
            + (f"it was tried on {tried:,} rows." if tried else "it was tried on no real row.")
        )
    if foreign.get("runs_code"):
        limits.append("Opening it runs code that came with it, and only where that code is trusted.")
    return limits


def _calls(examples: Sequence[Mapping[str, Any]]) -> list[Block]:
    rows = [dict(row) for row in examples[:2]]
    text = json.dumps({"instances": rows}, ensure_ascii=False).replace("'", "'\\''")
    curl = f"curl -s localhost:8080/v1/models/NAME:predict -H 'content-type: application/json' -d '{text}'"
    python = (
        "from pathlib import Path\n\nfrom mainspring.models import Package\n\n"
        f'package = Package.load(Path("."))\nrows = {rows!r}\n'
        "print(package.open().predict(package.signature.columns(rows)))"
    )
    mlflow = (
        "import mlflow\nimport pandas\n\n"
        f'model = mlflow.pyfunc.load_model(".")\nprint(model.predict(pandas.DataFrame({rows!r})))'
    )
    return [
        Text("Through a server (`mainspring serve NAME`):"),
        Listing("sh", curl),
        Text("In Python, in the folder of the package:"),
        Listing("python", python),
        Text("With MLflow:"),
        Listing("python", mlflow),
    ]


def _lineage(details: Mapping[str, Any]) -> list[Block]:
    told = dict(details.get("lineage") or {})
    foreign = details.get("foreign")
    if foreign:
        told = {"imported from": f"{foreign['source']} ({foreign['kind']})", **told}
    return [Grid(("what", "which"), sorted((name, _told(value)) for name, value in told.items()))] if told else []


def _environment(requirements: Sequence[str], details: Mapping[str, Any]) -> list[Block]:
    found = details.get("environment") or {}
    words = ", ".join(f"{name} {value}" for name, value in sorted(found.items()))
    blocks: list[Block] = [Text(f"Made with {words}.")] if words else []
    return [*blocks, Text("It needs:"), Bullets([f"`{requirement}`" for requirement in requirements])]


def _interval(ends: Sequence[float] | None) -> str:
    return "" if ends is None else f"{ends[0]:.4g} to {ends[1]:.4g}"


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:.4g}"


def _spans(spans: Sequence[int]) -> str:
    if not spans:
        return ""
    return str(spans[0]) if len(spans) == 1 else f"{spans[0]} to {spans[-1]} ({len(spans)})"


def _label(found: Mapping[str, Any] | None) -> str:
    if not found:
        return ""
    if "shares" in found:
        return ", ".join(f"{name} {share:.1%}" for name, share in found["shares"].items())
    if "mean" in found:
        return f"mean {found['mean']:.4g}, {found['low']:.4g} to {found['high']:.4g}"
    return f"{found['classes']} classes"


def _some(words: Sequence[str]) -> str:
    more = f" and {len(words) - MOST_LIMITS} more" if len(words) > MOST_LIMITS else ""
    return ", ".join(words[:MOST_LIMITS]) + more


def _told(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
