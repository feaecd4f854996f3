"""The proof: that the package answers as the trained model does."""

from __future__ import annotations

from mainspring.app.report.nouns import Fact, Proof
from mainspring.app.report.wording import counted, figure, shortened
from mainspring.models.package import Package

_KINDS = {
    "real": "real rows",
    "missing": "with missing values",
    "unseen": "with values never seen",
    "boundary": "at the edges of the model",
    "single": "asked one by one",
}


def proof_of(package: Package) -> Proof:
    """The parity report, the requirements and the card of a package."""
    parity = package.parity
    others = parity.labels_different - parity.ties
    sentence = (
        f"The package was asked about {counted(parity.rows_compared, 'row')} and answered "
        + ("as the trained model does" if parity.ok else "otherwise than the trained model")
        + f": scores at most {figure(parity.max_abs_difference)} apart, {counted(others, 'other label')}."
    )
    facts = [
        Fact(name="Runtime", value=parity.runtime),
        Fact(name="Rows compared", value=figure(parity.rows_compared)),
        Fact(
            name="Largest difference",
            value=figure(parity.max_abs_difference),
            more=f"{figure(parity.tolerance)} allowed",
        ),
        Fact(
            name="Other labels",
            value=figure(others),
            more=f"{counted(parity.ties, 'tie')} aside" if parity.ties else "",
        ),
    ]
    return Proof(
        ok=parity.ok,
        sentence=sentence,
        facts=facts,
        kinds=[(_KINDS.get(kind, kind), figure(count)) for kind, count in parity.kinds.items() if count],
        reason=parity.fallback_reason or "",
        requirements=list(package.requirements),
        inputs=len(package.signature.inputs),
        card=shortened(package.card, 60_000),
    )
