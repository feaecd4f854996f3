"""Explanations in sentences and tables: anchors, counterfactuals, rules of a surrogate."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mainspring.data.viewing.wording import counted, percent
from mainspring.evaluation.drawing import interval_bar
from mainspring.evaluation.drawing.lettering import escaped
from mainspring.evaluation.explanation.anchors import Anchor
from mainspring.evaluation.explanation.counterfactuals import Counterfactuals
from mainspring.evaluation.explanation.plots.lanes import about, plain, told
from mainspring.evaluation.explanation.surrogate import Surrogate

TOLD = "ms-told ms-broad"
"""The class of what is told in words: it wants the whole width of a page."""

STYLE = (
    "<style>"
    ".ms-told{font:14px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif;max-width:760px;"
    "font-variant-numeric:tabular-nums;overflow-wrap:anywhere}"
    ".ms-told p{margin:0 0 6px;max-width:46em}"
    ".ms-told .rule{margin:0 0 18px}"
    ".ms-told .if{font-size:15px}"
    ".ms-told b{font-weight:620}"
    ".ms-told .quiet{color:var(--quiet);font-weight:400}"
    ".ms-told .warn{color:var(--held)}"
    ".ms-told .bars{display:grid;grid-template-columns:max-content 132px 1fr;gap:2px 12px;align-items:center}"
    ".ms-told .bars svg{display:block}"
    ".ms-told .scroll{overflow-x:auto}"
    ".ms-told table{border-collapse:collapse;font-size:13.5px;width:auto}"
    ".ms-told th,.ms-told td{text-align:left;font-weight:400;padding:6px 18px 6px 0;vertical-align:top;"
    "border-bottom:1px solid var(--line);background:none;color:var(--ink);position:static;white-space:normal;"
    "min-width:5em}"
    ".ms-told thead th{color:var(--quiet);font-size:12.5px;white-space:nowrap}"
    ".ms-told tbody th{font-weight:560;max-width:16em}"
    ".ms-told td{max-width:15em}"
    ".ms-told td.new{color:var(--second);font-weight:620}"
    ".ms-told tfoot th{color:var(--quiet);font-size:12.5px}"
    ".ms-told tfoot td,.ms-told tfoot th{padding:3px 18px 3px 0;border:0}"
    ".ms-told tfoot tr:first-child>*{padding-top:9px}"
    ".ms-told .num{text-align:right;white-space:nowrap;min-width:0}"
    ".ms-told .rules tbody th{min-width:12em}"
    "</style>"
)
"""Carried by every table, so that it looks the same on a page and in a notebook."""


def anchor_rules(anchors: Anchor | Sequence[Anchor]) -> str:
    """Anchors as sentences, each with its precision and its coverage as bars.

    The whisker of a precision ends at its lower bound; the tick is what was wanted.
    """
    listed = [anchors] if isinstance(anchors, Anchor) else list(anchors)
    rules = "".join(_rule(one) for one in listed)
    return f'<div class="{TOLD}">{STYLE}{rules or "<p>There is no anchor to show.</p>"}</div>'


def _rule(anchor: Anchor) -> str:
    conditions = " and ".join(f"<b><bdi>{escaped(str(one))}</bdi></b>" for one in anchor.predicates)
    answer = f"the answer is <b><bdi>{escaped(anchor.answer)}</bdi></b>"
    said = f"If {conditions}, {answer}." if anchor.predicates else f"Whatever the row, {answer}."
    head = ""
    if not anchor.reached:
        head = f'<p class="warn">No anchor: <bdi>{escaped(anchor.why)}</bdi>. The nearest:</p>'
    wanted = anchor.parameters.get("precision", anchor.parameters.get("threshold"))
    mark = float(wanted) if isinstance(wanted, int | float) else None
    precision = interval_bar(
        anchor.precision,
        min(anchor.at_least, anchor.precision),
        anchor.precision,
        mark=mark,
        title=f"precision {percent(anchor.precision)}, at least {percent(anchor.at_least)}",
    )
    coverage = interval_bar(anchor.coverage, title=f"coverage {percent(anchor.coverage)}")
    return (
        f'<div class="rule">{head}<p class="if">{said}</p><div class="bars">'
        f"<span>precision</span>{precision}<span>{percent(anchor.precision)} "
        f'<span class="quiet">at least {percent(anchor.at_least)}, {counted(anchor.trials, "row")}</span></span>'
        f"<span>coverage</span>{coverage}<span>{percent(anchor.coverage)} "
        '<span class="quiet">of the data</span></span></div></div>'
    )


def counterfactual_table(found: Counterfactuals) -> str:
    """What would have to be different, one way beside the other: only columns that change somewhere."""
    answer, wanted = escaped(found.answer), escaped(found.wanted)
    if not found.found:
        text = f"No row was found that is answered <b><bdi>{wanted}</bdi></b>: <bdi>{escaped(found.why)}</bdi>."
        return f'<div class="{TOLD}">{STYLE}<p class="warn">{text}</p></div>'
    changed = dict.fromkeys(change.feature for one in found.found for change in one.changes)
    ways = range(1, len(found.found) + 1)
    heads = "".join(f'<th scope="col">{"instead" if len(found.found) == 1 else f"way {way}"}</th>' for way in ways)
    lines = ""
    for feature in changed:
        cells = ""
        for one in found.found:
            after = [change.after for change in one.changes if change.feature == feature]
            same = '<td class="quiet">same</td>'
            cells += f'<td class="new"><bdi>{escaped(told(after[0]))}</bdi></td>' if after else same
        now = escaped(told(found.row.get(feature)))
        lines += f'<tr><th scope="row"><bdi>{escaped(feature)}</bdi></th><td><bdi>{now}</bdi></td>{cells}</tr>'
    foot = ""
    for name, texts in (
        ("answer", [found.answer, *(one.answer for one in found.found)]),
        ("score", ["", *(plain(one.score) for one in found.found)]),
        ("distance", ["", *(plain(one.distance) for one in found.found)]),
        ("plausibility", ["", *(percent(one.plausibility) for one in found.found)]),
    ):
        cells = "".join(f"<td><bdi>{escaped(text)}</bdi></td>" for text in texts)
        foot += f'<tr><th scope="row">{name}</th>{cells}</tr>'
    why = f'<p class="quiet"><bdi>{escaped(found.why)}</bdi></p>' if found.why else ""
    return (
        f'<div class="{TOLD}">{STYLE}<p class="if">The answer is <b><bdi>{answer}</bdi></b>. It would be '
        f"<b><bdi>{wanted}</bdi></b> with:</p>"
        f'<div class="scroll" tabindex="0" role="region" aria-label="what would have to be different"><table>'
        f'<thead><tr><th scope="col">column</th><th scope="col">as it is</th>{heads}</tr></thead>'
        f"<tbody>{lines}</tbody><tfoot>{foot}</tfoot></table></div>{why}</div>"
    )


def surrogate_rules(surrogate: Surrogate) -> str:
    """The rules of a surrogate, the most frequent first, with what each answers."""
    leaves = sorted(surrogate.leaves, key=lambda leaf: (-leaf.share, leaf.conditions))
    answers = [leaf.answer for leaf in leaves if math.isfinite(leaf.answer)]
    bounds = (0.0, 1.0) if surrogate.scale == "probability" else (min([0.0, *answers]), max([0.0, *answers]))
    lines = ""
    for leaf in leaves:
        rule = "<br>and ".join(f"<bdi>{escaped(one)}</bdi>" for one in leaf.conditions) or "anything"
        value = plain(leaf.answer)
        bar = interval_bar(leaf.answer, bounds=bounds, title=value, size=(96, 16))
        lines += (
            f'<tr><th scope="row">{rule}</th><td>{bar}</td><td class="num">{value}</td>'
            f'<td class="num">{percent(leaf.share)}</td><td class="num">{plain(leaf.error)}</td></tr>'
        )
    agreement = "" if math.isnan(surrogate.agreement) else f", the same side on {percent(surrogate.agreement)}"
    named = escaped(about(surrogate.output, surrogate.scale))
    return (
        f'<div class="{TOLD}">{STYLE}<p class="if">{counted(len(leaves), "rule")} for the <bdi>{named}</bdi>. '
        f"On held-out rows: fidelity (R\N{SUPERSCRIPT TWO}) "
        f"<b>{plain(surrogate.fidelity)}</b>{agreement}.</p>"
        '<div class="scroll" tabindex="0" role="region" aria-label="rules"><table class="rules"><thead><tr>'
        '<th scope="col">if</th><th scope="col" colspan="2">answer</th><th scope="col" class="num">rows</th>'
        f'<th scope="col" class="num">error</th></tr></thead><tbody>{lines}</tbody></table></div></div>'
    )
