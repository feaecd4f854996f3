"""The model card: what a package is, for people, in Markdown.

After Mitchell et al., "Model Cards for Model Reporting", FAT* 2019 (https://arxiv.org/abs/1810.03993).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.models.parity import Parity
from mainspring.models.signature import Field, Signature


def write_card(
    signature: Signature, parity: Parity, requirements: Sequence[str], details: Mapping[str, Any]
) -> str:
    """The text of ``MODEL_CARD.md``."""
    label = details["label"] or "the label"
    parts = [
        f"# Model card: {label}",
        details["about"] or f"A {signature.task} of `{label}`.",
        _section("Model", _model(details)),
        _section("Input", _inputs(signature)),
        _section("Output", _outputs(signature)),
        _section("Quality", _table(("metric", "value"), sorted(details["metrics"].items()), "Not measured.")),
        _section("Data", _table(("data", "digest"), sorted(details["data"].items()), "Not recorded.")),
        _section("Parity", f"{parity}."),
        _section("Limits", "\n".join(f"- {limit}" for limit in _limits(signature, parity, details))),
        _section("Needs", "\n".join(f"- `{requirement}`" for requirement in requirements)),
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}"


def _model(details: Mapping[str, Any]) -> str:
    params = json.dumps(details["params"], sort_keys=True, ensure_ascii=False)
    return f"`{details['estimator']}` with parameters `{params}` and seed {details['seed']}."


def _inputs(signature: Signature) -> str:
    rows = [
        (field.name, field.datatype, "yes" if field.nullable else "no", _words(field))
        for field in signature.inputs
    ]
    return _table(("column", "type", "may be missing", "known values"), rows, "None.")


def _outputs(signature: Signature) -> str:
    rows = [(field.name, field.datatype, list(field.shape), _words(field)) for field in signature.outputs]
    return _table(("name", "type", "shape", "values"), rows, "None.")


def _words(field: Field) -> str:
    if field.domain is None:
        return ""
    more = f" and {len(field.domain) - 10} more" if len(field.domain) > 10 else ""
    return ", ".join(field.domain[:10]) + more


def _limits(signature: Signature, parity: Parity, details: Mapping[str, Any]) -> list[str]:
    limits = ["It knows the kind of rows that it was trained on; it was not tried on others."]
    if any(field.datatype == "BYTES" for field in signature.inputs):
        limits.append("A value that was not there in training counts as unseen.")
    strict = [field.name for field in signature.inputs if not field.nullable]
    if strict:
        limits.append("No value may be missing in " + ", ".join(f"`{name}`" for name in strict) + ".")
    if not details["probabilistic"]:
        limits.append("It gives no probabilities: the class it chooses has 1, the others 0.")
    if parity.fallback_reason:
        limits.append(f"It runs in Python, slower than a portable format: {parity.fallback_reason}.")
    limits += [f"`{name}` is not used: {why}." for name, why in sorted(details["ignored"].items())]
    return limits


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]], empty: str) -> str:
    if not rows:
        return empty
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(value: Any) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")
