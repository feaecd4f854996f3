"""Pictures of explanations hold the figures that they were given, in words too, and escape what they show."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core import InputError
from mainspring.evaluation.explanation import (
    Anchor,
    Attributions,
    Change,
    Counterfactual,
    Counterfactuals,
    Effect,
    Predicate,
)
from mainspring.evaluation.explanation.importance import Importance
from mainspring.evaluation.explanation.plots import (
    anchor_rules,
    beeswarm,
    counterfactual_table,
    dependence,
    effect_curve,
    explanation_page,
    force,
    importance_bars,
    picture_of,
    surrogate_rules,
    waterfall,
)
from mainspring.evaluation.explanation.surrogate import Leaf, Surrogate

HOSTILE = '<script>alert("x")</script> & \x00'
VOID = {"meta", "link", "br", "input", "img"}


def attributions(features=("age", "job"), rows=1, values=None, seed=0):
    contributions = np.random.default_rng(seed).normal(size=(rows, len(features)))
    cells = values or tuple(tuple(float(place) for place in range(len(features))) for _ in range(rows))
    return Attributions(
        method="exact_shapley",
        features=tuple(features),
        base=np.full(rows, 0.25),
        contributions=contributions,
        outputs=0.25 + contributions.sum(axis=1),
        values=cells,
        output="rich",
        scale="probability",
    )


def by_hand():
    return Attributions(
        method="exact_shapley",
        features=("age", "job"),
        base=np.array([0.2]),
        contributions=np.array([[0.5, -0.1]]),
        outputs=np.array([0.6]),
        values=((37.0, None),),
        output="rich",
        scale="probability",
    )


def effect(grid, values, *, individual=None, method="partial_dependence"):
    values = np.array(values, dtype=float)
    return Effect(
        method=method,
        features=tuple("ab"[: len(grid)]),
        grid=grid,
        values=values,
        counts=np.ones(values.shape),
        output="rich",
        scale="probability",
        individual=individual,
    )


def anchor(**changes):
    told = {
        "predicates": (Predicate("age", ">", 37.0), Predicate("job", "=", HOSTILE)),
        "answer": "rich",
        "precision": 0.97,
        "at_least": 0.95,
        "trials": 512,
        "coverage": 0.25,
        "reached": True,
        "row": {"age": 40.0},
        "parameters": {"precision": 0.95},
    }
    return Anchor(**{**told, **changes})


def found(*ways, why=""):
    return Counterfactuals(
        row={"age": 30.0, "job": HOSTILE}, answer="poor", wanted="rich", found=tuple(ways), why=why
    )


def way(*changes):
    return Counterfactual(changes=changes, answer="rich", score=0.625, distance=1.5, plausibility=0.5)


def rules():
    leaves = (
        Leaf(conditions=("age > 37", HOSTILE), answer=0.75, share=0.25, error=0.125),
        Leaf(conditions=(), answer=0.1, share=0.75, error=float("nan")),
    )
    return Surrogate(leaves=leaves, fidelity=0.875, agreement=0.9, output="rich", scale="probability")


class Balanced(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.words, self.tags = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in VOID and not self.get_starttag_text().endswith("/>"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", "".join(self.words))


def parsed(svg):
    return ElementTree.fromstring(svg)


ALL = [
    lambda: waterfall(attributions((HOSTILE, "b"))),
    lambda: force(attributions((HOSTILE, "b"))),
    lambda: beeswarm(attributions((HOSTILE, "b"), rows=9)),
    lambda: dependence(attributions((HOSTILE, "b"), rows=9), HOSTILE),
    lambda: dependence(attributions(rows=2, values=((HOSTILE, 1.0), (None, 2.0))), "age"),
    lambda: importance_bars({HOSTILE: 1.0, "b": -0.5, "c": float("nan")}),
    lambda: effect_curve(effect(((0.0, 1.0, None),), [0.1, 0.4, 0.2], individual=np.ones((3, 3)))),
    lambda: effect_curve(effect(((HOSTILE, "b", None),), [0.1, -0.4, np.nan])),
    lambda: effect_curve(effect(((0.0, 1.0), (HOSTILE, None)), [[0.1, np.nan], [0.5, -0.3]])),
]


@pytest.mark.parametrize("draw", ALL)
def test_pictures_are_whole_named_and_escaped(draw):
    svg = draw()
    root = parsed(svg)
    assert root.findtext("title")
    assert root.findtext("desc")
    assert "<script" not in svg
    assert "nan" not in svg
    assert draw() == svg


def test_a_waterfall_leads_from_the_base_to_the_answer():
    root = parsed(waterfall(by_hand()))
    words = [text.text for text in root.iter("text")]
    assert {"base", "age = 37", "job = missing", "answer", "+0.5", "\N{MINUS SIGN}0.1", "0.2", "0.6"} <= set(words)
    assert root.findtext("desc") == "From 0.2 to 0.6: age = 37 +0.5; job = missing \N{MINUS SIGN}0.1"


def test_a_waterfall_adds_up_what_it_has_no_step_for():
    told = parsed(waterfall(attributions([f"x{place}" for place in range(50)]))).findtext("desc")
    assert "40 more" in told


def test_the_bars_of_a_waterfall_are_as_long_as_their_contributions():
    paths = [path for path in parsed(waterfall(by_hand())).iter("path") if path.get("class") in ("f1", "f2")]
    lengths = []
    for path in paths:
        xs = [float(x) for x in re.findall(r"[MLH]([\d.]+)", path.get("d"))]
        lengths.append(max(xs) - min(xs))
    assert lengths[0] == pytest.approx(5 * lengths[1], rel=0.03)


def test_force_pieces_meet_at_the_answer():
    pieces = [path.get("d") for path in parsed(force(by_hand())).iter("path") if path.get("class") in ("f1", "f2")]
    starts = {re.match(r"M([\d.]+)", piece)[1] for piece in pieces}
    assert len(starts) == 1


def test_a_row_that_is_not_there():
    with pytest.raises(InputError, match="no row 1"):
        waterfall(by_hand(), 1)
    with pytest.raises(InputError, match="no row"):
        force(by_hand(), -1)
    with pytest.raises(InputError, match="'height'"):
        dependence(by_hand(), "height")


def test_a_swarm_has_a_dot_for_each_row_up_to_a_bound():
    few = parsed(beeswarm(attributions(rows=30)))
    dots = sum(path.get("d").count("M") for path in few.iter("path") if path.get("class") == "dots")
    assert dots == 60
    assert len(beeswarm(attributions([f"x{place}" for place in range(50)], rows=2000))) < 400_000


def test_a_swarm_shows_the_features_that_matter_most():
    svg = beeswarm(attributions([f"x{place}" for place in range(50)], rows=30))
    assert sum(text.text.startswith("x") for text in parsed(svg).iter("text")) == 20
    assert "30 more" in svg


def test_importance_of_a_metric_says_which():
    importance = Importance(
        metric="auc", baseline=0.8, losses={"a": (0.1, 0.2), "b": (-0.01,)}, groups={"a": ("a",), "b": ("b",)}
    )
    root = parsed(importance_bars(importance))
    assert root.findtext("title") == "how much worse auc gets"
    assert root.findtext("desc").startswith("a +0.15; b \N{MINUS SIGN}0.01")


def test_dependence_tells_of_missing_values():
    svg = dependence(attributions(rows=3, values=((1.0, 1.0), (None, 1.0), (2.0, 1.0))), "age")
    assert "missing in 1 rows" in svg


def test_an_effect_shows_its_mean_and_single_rows():
    drawn = effect(((0.0, 1.0),), [0.0, 1.0], individual=np.array([[0.0, 0.5], [0.0, 1.5]]))
    svg = effect_curve(drawn)
    assert "single rows" in svg
    assert parsed(svg).findtext("desc") == "0: 0; 1: 1"


def test_a_map_has_a_cell_for_each_pair_and_leaves_open_what_is_unknown():
    root = parsed(effect_curve(effect(((0.0, 1.0), ("x", "y")), [[0.1, np.nan], [0.5, 0.3]])))
    cells = [rect for rect in root.iter("rect") if rect.find("title") is not None]
    assert len(cells) == 4
    assert [cell.get("class") for cell in cells].count("track") == 1


def test_an_anchor_is_a_sentence_with_its_figures():
    text = Balanced(anchor_rules(anchor())).text
    assert "If age > 37 and job = <script>" in text
    assert "the answer is rich." in text
    assert "97 % at least 95 %, 512 rows" in text
    assert "25 % of the data" in text
    assert "script" not in Balanced(anchor_rules(anchor())).tags


def test_an_anchor_that_was_not_reached_says_why():
    text = Balanced(anchor_rules([anchor(reached=False, why="too close to the other side")])).text
    assert "No anchor: too close to the other side." in text
    assert "Whatever the row" in anchor_rules(anchor(predicates=()))
    assert "no anchor to show" in anchor_rules([])


def test_counterfactuals_stand_side_by_side():
    table = counterfactual_table(found(way(Change("age", 30.0, 45.0)), way(Change("job", HOSTILE, "pilot"))))
    text = Balanced(table).text
    assert "The answer is poor. It would be rich with:" in text
    assert table.count("same</td>") == 2
    assert "45" in text
    assert "script" not in Balanced(table).tags
    assert (
        "No row was found that is answered rich: no time"
        in Balanced(counterfactual_table(found(why="no time"))).text
    )


def test_rules_say_how_far_to_trust_them():
    text = Balanced(surrogate_rules(rules())).text
    assert "fidelity (R²) 0.875, the same side on 90 %" in text
    assert "anything" in text


def test_every_noun_shows_itself_in_a_notebook():
    importance = Importance(metric="auc", baseline=0.8, losses={"a": (0.1,)}, groups={"a": ("a",)})
    for noun in (
        by_hand(),
        attributions(rows=5),
        effect(((0.0, 1.0),), [0.0, 1.0]),
        importance,
        anchor(),
        found(way(Change("age", 30.0, 45.0))),
        rules(),
    ):
        shown = noun._repr_html_()
        Balanced(shown)
        assert ":root" not in shown  # the notebook's own colours stay as they are
        assert picture_of(noun) in shown


def test_a_page_holds_all_of_them_and_fetches_nothing():
    page = explanation_page([by_hand(), attributions(rows=5), anchor(), rules()], title=HOSTILE)
    whole = Balanced(page.html)
    assert whole.tags.count("section") == 4
    assert not re.search(r"(src|href)=\"(?!#|data:)", page.html)
    assert page == explanation_page([by_hand(), attributions(rows=5), anchor(), rules()], title=HOSTILE)
    with pytest.raises(InputError, match="a str cannot be shown"):
        explanation_page(["?"])


def test_attributions_of_no_rows():
    assert "no rows" in attributions(rows=0)._repr_html_()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=5), st.text(max_size=30))
def test_any_figures_and_names_can_be_drawn(amounts, name):
    features = tuple(f"{name}{place}" for place in range(len(amounts)))
    one = Attributions(
        method="m",
        features=features,
        base=np.array([0.0]),
        contributions=np.array([amounts]),
        outputs=np.array([sum(amounts)]),
        values=((name,) * len(amounts),),
        output=None,
        scale="value",
    )
    for svg in (waterfall(one), force(one), beeswarm(one), importance_bars(one)):
        parsed(svg)
