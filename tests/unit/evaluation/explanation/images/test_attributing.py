"""Regions that an answer rests on are found, because they were planted."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from mainspring.core import InputError, plugins
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.explanation import Asked
from mainspring.evaluation.explanation.images import (
    RegionAttributions,
    grid_regions,
    occlusion,
    pixel_map,
    region_attributions,
)
from mainspring.evaluation.explanation.images.attributing import _blurred
from mainspring.evaluation.explanation.images.pixels import as_bytes, png
from mainspring.evaluation.explanation.plots import explanation_page

IMAGE = np.random.default_rng(0).random((12, 12))
IMAGE[4:8, 8:12] = 1.0


def patch(images):
    """The mean of the planted patch: rows 4 to 7, columns 8 to 11."""
    return images[:, 4:8, 8:12].reshape(len(images), -1).mean(axis=1)


class Pixels:
    """The same, asked about rows."""

    def predict(self, table):
        flat = np.column_stack([table.column(name) for name in table.names])
        scores = patch(flat.reshape(-1, 12, 12))
        return Predictions(("no", "yes"), np.column_stack((1 - scores, scores)))


@pytest.mark.parametrize("stride", [None, 2])
def test_occlusion_finds_the_planted_patch(stride):
    found = occlusion(patch, IMAGE, side=4, stride=stride, fill=0.0)
    assert np.unravel_index(found.heat.argmax(), (12, 12))[0] in range(4, 8)
    assert (found.heat[4:8, 8:12] > found.heat[:4, :8].max()).all()
    if stride is None:
        assert found.heat[4:8, 8:12] == pytest.approx(1.0)
        assert np.count_nonzero(found.weights) == 1


def test_shapley_values_of_regions_add_up_and_find_the_patch():
    found = region_attributions(patch, IMAGE, regions=grid_regions(12, 12, 4), fill=0.0)
    assert found.residual < 1e-12
    assert found.weights == pytest.approx([0, 0, 0, 0, 0, 1.0, 0, 0, 0], abs=1e-12)
    many = region_attributions(patch, IMAGE, regions=grid_regions(12, 12, 2), fill=0.0, samples=300)
    assert many.residual < 1e-9
    assert set(np.argsort(many.weights)[-4:]) == set(np.unique(grid_regions(12, 12, 2)[4:8, 8:12]))


def test_lime_finds_it_too_and_says_how_well_it_fits():
    found = region_attributions(
        patch, IMAGE, regions=grid_regions(12, 12, 4), fill=0.0, method="lime", samples=200
    )
    assert int(found.weights.argmax()) == 5
    assert found.parameters["fidelity"] > 0.99


def test_a_model_of_rows_is_asked_pixel_by_pixel():
    table = Table.from_columns({f"p{place}": IMAGE.reshape(-1)[place : place + 1] for place in range(144)})
    asked = Asked.of(Pixels(), table, output="yes")
    by_rows = region_attributions(asked, IMAGE, regions=grid_regions(12, 12, 4), fill=0.0)
    by_images = region_attributions(patch, IMAGE, regions=grid_regions(12, 12, 4), fill=0.0)
    assert by_rows.weights == pytest.approx(by_images.weights)
    assert by_rows.output == "yes"
    assert by_rows.spent.rows > 0
    with pytest.raises(InputError, match="144 columns"):
        occlusion(asked, IMAGE[:6])


def test_colours_are_covered_together():
    image = np.stack((IMAGE, IMAGE, 1 - IMAGE), axis=2)
    found = region_attributions(lambda images: patch(images[..., 0]), image, samples=200)
    assert found.residual < 1e-9
    assert occlusion(lambda images: patch(images[..., 0]), image, side=4, fill="blur").weights.argmax() == 5


def test_the_same_image_has_the_same_explanation():
    first, second = (region_attributions(patch, IMAGE, samples=120) for _ in range(2))
    assert first == second


def test_a_blur_leaves_a_flat_image_flat_and_keeps_the_mean_of_the_middle():
    assert _blurred(np.full((9, 7), 2.5), 2) == pytest.approx(2.5)
    spike = np.zeros((31, 31))
    spike[15, 15] = 1.0
    assert _blurred(spike, 2).sum() == pytest.approx(1.0)


def test_a_png_holds_its_pixels():
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    data = png(pixels)
    assert struct.unpack(">II", data[16:24]) == (3, 2)
    body = data[data.index(b"IDAT") + 4 : data.index(b"IEND") - 8]
    lines = np.frombuffer(zlib.decompress(body), np.uint8).reshape(2, 10)
    assert lines[:, 0].tolist() == [0, 0]
    assert lines[:, 1:].reshape(2, 3, 3).tolist() == pixels.tolist()


def test_grey_and_colours_become_bytes():
    assert as_bytes(np.array([[0.0, 1.0]]), 0, 1).tolist() == [[[0, 0, 0], [255, 255, 255]]]
    assert as_bytes(np.zeros((2, 2, 4)), 0, 1).shape == (2, 2, 3)
    assert as_bytes(np.full((1, 1), np.nan), 0, 0).tolist() == [[[0, 0, 0]]]


def test_they_are_kept_and_shown(tmp_path):
    found = region_attributions(patch, IMAGE, samples=120)
    found.save(tmp_path)
    assert RegionAttributions.load(tmp_path) == found
    assert plugins.load("artifact_types", RegionAttributions.ARTIFACT_TYPE) is RegionAttributions
    assert found._repr_html_().count("data:image/png;base64,") == 2
    assert "data:image/png" in explanation_page([found]).html
    assert found.properties()["method"] == "shapley"
    assert "regions" in str(found)


def test_the_overlay_is_orange_for_and_blue_against():
    shown = pixel_map(np.zeros((1, 2)), np.array([[1.0, -1.0]]), method="m", answer=0.0).overlay()
    red, blue = shown[0, :, 0].tolist(), shown[0, :, 2].tolist()
    assert red[0] > blue[0]
    assert blue[1] > red[1]


def test_what_does_not_fit():
    with pytest.raises(InputError, match="regions of shape"):
        region_attributions(patch, IMAGE, regions=np.zeros((3, 3), dtype=np.int64))
    with pytest.raises(InputError, match="no method"):
        region_attributions(patch, IMAGE, method="magic")
    with pytest.raises(InputError, match="samples"):
        region_attributions(patch, IMAGE, method="lime", samples=3)
    with pytest.raises(InputError, match="multiple"):
        occlusion(patch, IMAGE, side=4, stride=3)
    with pytest.raises(InputError, match="'sky'"):
        occlusion(patch, IMAGE, fill="sky")


def test_a_map_without_a_baseline_has_no_residual():
    found = pixel_map(IMAGE, np.ones((12, 12, 3)), method="grad_cam", answer=1.0)
    assert np.isnan(found.residual)
    assert "without any region" not in found._repr_html_()
    assert found.heat == pytest.approx(3.0)


@pytest.mark.slow
def test_regions_of_a_digit():
    path = Path(__file__).parents[5].parent / "shared/data/images/mnist_1000_uint8.npz"
    if not path.exists():
        pytest.skip(f"no shared data at {path}")
    from sklearn.linear_model import LogisticRegression

    digits = np.load(path)
    images, kinds = digits["x"] / 255.0, digits["y"]
    model = LogisticRegression(max_iter=50, C=0.01).fit(images[:800].reshape(800, -1), kinds[:800])
    place = 800 + int(np.flatnonzero(kinds[800:] == 3)[0])
    found = region_attributions(
        lambda asked: model.predict_proba(asked.reshape(len(asked), -1))[:, 3], images[place], fill=0.0
    )
    assert found.residual < 1e-9
    # What is black is black also when it is covered: those regions have what sampling leaves of nothing.
    ink = np.bincount(found.regions.ravel(), weights=images[place].ravel())
    assert np.abs(found.weights[ink == 0]).max(initial=0.0) < found.weights.max() / 10
    assert found.weights.max() > 0.02
