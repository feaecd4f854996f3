"""The colours of pictures, by day and by night, and the style sheet that carries them.

Every colour for words and marks has a contrast of at least 4.5 : 1 with the surface it is put on (WCAG 2.2, level
AA), in both modes; a test holds that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PALETTE: Final[Mapping[str, tuple[str, str]]] = {
    "surface": ("#ffffff", "#1a1e26"),
    "raised": ("#f4f5f7", "#232833"),
    "ink": ("#1c2230", "#e8ebf1"),
    "quiet": ("#566071", "#a4aebd"),
    "line": ("#d6dae1", "#39414f"),
    "edge": ("#8f99a8", "#6d7789"),
    "accent": ("#2458c5", "#86aefc"),
    "second": ("#a34a10", "#f0a56b"),
    "third": ("#6a4bc4", "#b9a6ff"),
    "complete": ("#17784a", "#54c793"),
    "cached": ("#2d6f80", "#79bccd"),
    "running": ("#2458c5", "#86aefc"),
    "failed": ("#b8302a", "#ff8f86"),
    "held": ("#9a5200", "#f2b263"),
    "waiting": ("#6a4bc4", "#b9a6ff"),
    "skipped": ("#646d7c", "#9ca6b5"),
    "canceled": ("#646d7c", "#9ca6b5"),
    "lost": ("#9b2a6c", "#f394c4"),
}
"""Name to (light, dark)."""

STATES: Final = ("complete", "cached", "running", "failed", "held", "waiting", "skipped", "canceled", "lost")

FONT: Final = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Noto Sans", sans-serif'

_RULES: Final = """
.ms-pic{font-family:%(font)s;font-variant-numeric:tabular-nums}
.ms-pic text{fill:var(--ink)}
.ms-pic .q{fill:var(--quiet)}
.ms-pic .b{font-weight:600}
.ms-pic .box{fill:var(--surface);stroke:var(--line);stroke-width:1.25}
.ms-pic .gate{stroke-dasharray:none;stroke-width:2}
.ms-pic .approval,.ms-pic .perhaps{stroke-dasharray:5 3}
.ms-pic .artifact{fill:var(--raised)}
.ms-pic .edge{fill:none;stroke:var(--edge);stroke-width:1.25}
.ms-pic .dashed{stroke-dasharray:4 3}
.ms-pic .tip{fill:var(--edge)}
.ms-pic .on-line{paint-order:stroke;stroke:var(--surface);stroke-width:4;stroke-linejoin:round}
.ms-pic a:hover .box,.ms-pic a:focus .box{stroke:var(--accent);stroke-width:2}
.ms-pic .grid{stroke:var(--line);stroke-width:1}
.ms-pic .axis{stroke:var(--edge);stroke-width:1}
.ms-pic .ghost{fill:none;stroke:var(--edge);stroke-width:1;stroke-dasharray:4 4}
.ms-pic .l1{fill:none;stroke:var(--accent);stroke-width:2}
.ms-pic .l2{fill:none;stroke:var(--second);stroke-width:2;stroke-dasharray:7 3}
.ms-pic .l3{fill:none;stroke:var(--third);stroke-width:2;stroke-dasharray:2 3}
.ms-pic .here{fill:none;stroke:var(--ink);stroke-width:2}
.ms-pic circle.here{fill:var(--surface);fill-opacity:.6}
.ms-pic path.here{stroke-width:1.5;stroke-dasharray:3 2}
.ms-pic .a1{fill:var(--accent);fill-opacity:.12}
.ms-pic .a2{fill:var(--second);fill-opacity:.12}
.ms-pic .a3{fill:var(--third);fill-opacity:.12}
.ms-pic .dots{fill:none;stroke:var(--accent);stroke-width:5;stroke-linecap:round;stroke-opacity:.32}
.ms-pic .good{fill:var(--complete)}
.ms-pic .bad{fill:var(--failed)}
.ms-pic .l4{fill:none;stroke:var(--complete);stroke-width:2;stroke-dasharray:9 2 2 2}
.ms-pic .l5{fill:none;stroke:var(--lost);stroke-width:2;stroke-dasharray:4 2}
.ms-pic .l6{fill:none;stroke:var(--cached);stroke-width:2;stroke-dasharray:1 2}
.ms-pic .f1{fill:var(--accent)}
.ms-pic .f2{fill:var(--second)}
.ms-pic .f3{fill:var(--third)}
.ms-pic .f4{fill:var(--complete)}
.ms-pic .f5{fill:var(--lost)}
.ms-pic .f6{fill:var(--cached)}
.ms-pic .soft{fill:var(--accent);fill-opacity:.28}
.ms-pic .track{fill:var(--raised)}
.ms-pic .whisker{stroke:var(--ink);stroke-width:1.25;fill:none}
.ms-pic .on{fill:var(--surface)}
.ms-pic .over{fill:none;stroke:var(--second);stroke-width:1.5;stroke-linejoin:round}
.ms-pic .bar{fill-opacity:.55}
.ms-pic .tick{stroke:var(--second);stroke-width:2;fill:none}
.ms-pic.plot{touch-action:pan-y;cursor:crosshair;border-radius:4px}
.ms-pic .thin{stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}
.ms-pic .env{fill:var(--accent);fill-opacity:.3}
.ms-pic .limit{fill:none;stroke:var(--failed);stroke-width:1.3;stroke-dasharray:6 3}
.ms-pic .limit-word{fill:var(--failed);
  paint-order:stroke;stroke:var(--surface);stroke-width:3;stroke-linejoin:round}
.ms-pic .past{fill:var(--failed);fill-opacity:.1}
.ms-pic .past-dots{fill:none;stroke:var(--failed);stroke-width:4.6;stroke-linecap:round}
.ms-pic .cross{stroke:var(--ink);stroke-width:1;fill:none;pointer-events:none}
"""


def variables() -> str:
    """The style sheet with the colours as custom properties, for a page that shows many pictures."""
    day = ";".join(f"--{name}:{light}" for name, (light, _) in PALETTE.items())
    night = ";".join(f"--{name}:{dark}" for name, (_, dark) in PALETTE.items())
    return (
        f":root{{color-scheme:light dark;{day}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{night}}}}}\n"
    )


def picture_rules() -> str:
    """The rules that pictures follow, on top of :func:`variables`."""
    states = "".join(
        f".ms-pic .{state} .disc{{fill:var(--{state});stroke:var(--{state})}}"
        f".ms-pic .{state} .word{{fill:var(--{state})}}\n"
        for state in STATES
    )
    hollow = (
        ".ms-pic .cached .disc,.ms-pic .skipped .disc,.ms-pic .canceled .disc{fill:none}\n"
        ".ms-pic .mark{fill:none;stroke:var(--surface);stroke-width:1.7;stroke-linecap:round;"
        "stroke-linejoin:round}\n"
        + "".join(
            f".ms-pic .{state} .mark{{stroke:var(--{state})}}\n" for state in ("cached", "skipped", "canceled")
        )
    )
    return _RULES % {"font": FONT} + states + hollow


def standing_alone(svg: str) -> str:
    """A picture that carries its own style sheet, to be kept as a file."""
    opening, rest = svg.split(">", 1)
    return f"{opening}><style>{variables()}{picture_rules()}</style>{rest}"


def within_page(svg: str) -> str:
    """A picture without the style sheet that it carries: the page that shows it has it once."""
    before, found, rest = svg.partition("<style>")
    return before + rest.partition("</style>")[2] if found else svg
