"""What a regression leaves in its residuals: findings, tests and the quantile plot."""

from __future__ import annotations

import math

from mainspring.data.viewing.wording import counted, figure
from mainspring.evaluation.drawing import Line, line_chart
from mainspring.evaluation.metrics.residuals import FACTS, FeatureTest, ResidualDiagnosis
from mainspring.evaluation.viewing.material import Entry, Grid, Picture, Section
from mainspring.evaluation.viewing.sections.entries import counted_entry, figure_entry, number, text

_FEWEST_POINTS = 3


def diagnosis_section(found: ResidualDiagnosis) -> Section:
    """The section of a diagnosis of residuals."""
    told = f", ordered by {found.order}" if found.order else ""
    nothing = "Nothing was found that a better model could use." if not found.findings else ""
    grids = [_figures(found)]
    if found.tests:
        grids.append(_tests(found))
    return Section(
        key="residuals",
        title="Residuals",
        lead=f"A residual is the label minus the prediction, of {counted(found.measured.count, 'row')}{told}. "
        f"{nothing}".strip(),
        findings=found.findings,
        grids=grids,
        pictures=_quantiles(found),
    )


def _figures(found: ResidualDiagnosis) -> Grid:
    measured = found.measured
    rows = [
        [
            Entry(
                text=FACTS[name].title if name in FACTS else name, more=FACTS[name].says if name in FACTS else ""
            ),
            figure_entry(value, measured.intervals.get(name), measured.reasons.get(name, "")),
        ]
        for name, value in measured.values.items()
        if name != "count"
    ]
    return Grid(caption="Figures and tests", columns=[text("Figure"), number("Value")], rows=rows)


def _tests(found: ResidualDiagnosis) -> Grid:
    return Grid(
        caption="Whether the residuals go with a feature",
        columns=[
            text("Feature"),
            text("Measure"),
            number("Rows"),
            number("Value"),
            number("p"),
            number("p, adjusted"),
        ],
        rows=[_test(one) for one in found.tests],
        find="part of a name" if len(found.tests) > 20 else "",
    )


def _test(one: FeatureTest) -> list[Entry]:
    return [
        Entry(text=one.feature),
        Entry(text=one.kind.replace("_", " ")),
        counted_entry(one.count),
        figure_entry(one.value),
        _likelihood(one.p_value),
        _likelihood(one.adjusted),
    ]


def _likelihood(value: float) -> Entry:
    small = math.isfinite(value) and value < 1e-4
    return Entry(text="< 0.0001" if small else figure(value), sort="" if math.isnan(value) else f"{value:.10g}")


def _quantiles(found: ResidualDiagnosis) -> list[Picture]:
    if len(found.quantiles) < _FEWEST_POINTS:
        return []
    drawn = line_chart(
        [Line(name="residuals", points=found.quantiles, dots=True)],
        title="Quantiles of the residuals against the normal distribution's",
        x="normal quantile",
        y="standardised residual",
        x_bounds=None,
        y_bounds=None,
        diagonal=True,
    )
    return [
        Picture(
            svg=drawn,
            caption="Quantiles: on the dashed line the residuals are normal; ends that leave it are heavy tails",
        )
    ]
