"""Reductions against an independent library, up to sign; the same behind a transform; saved and loaded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import decomposition, discriminant_analysis, random_projection

from mainspring.core.errors import InputError
from mainspring.data import Table, Transform, infer, summarize
from mainspring.data.bundled import load
from mainspring.data.transforms.reduction import (
    AffineReduction,
    Scatter,
    behind,
    enough_components,
    fit_parts,
    fit_reduction,
    pca_of,
    reduce_transform,
)

WINE = load("wine")
NAMES = [name for name in WINE.names if name != "target"]
RAW = np.stack([WINE.column(name) for name in NAMES], axis=1)
MATRIX = (RAW - RAW.mean(axis=0)) / RAW.std(axis=0)
CLASSES = np.array([int(word[-1]) for word in WINE.column("target")])


def same_up_to_sign(found, expected, **tolerance):
    signs = np.sign((found * expected).sum(axis=0))
    return found * signs == pytest.approx(expected, **tolerance)


@pytest.mark.parametrize("matrix", [MATRIX, RAW])
def test_principal_components(matrix):
    model = decomposition.PCA(4).fit(matrix)
    found = fit_reduction(matrix, "pca", components=4)
    assert same_up_to_sign(found.apply(matrix), model.transform(matrix), abs=1e-8)
    assert found.variance == pytest.approx(model.explained_variance_)
    assert found.explained == pytest.approx(model.explained_variance_ratio_)
    white = fit_reduction(matrix, "pca", components=4, whiten=True)
    expected = decomposition.PCA(4, whiten=True).fit_transform(matrix)
    assert same_up_to_sign(white.apply(matrix), expected, abs=1e-6)
    assert matrix @ found.weights + found.offset == pytest.approx(found.apply(matrix), abs=1e-9)


def test_as_many_as_explain_a_share():
    model = decomposition.PCA(0.8).fit(MATRIX)
    assert len(fit_reduction(MATRIX, "pca", components=0.8).names) == model.n_components_
    assert len(fit_reduction(MATRIX, "pca", components=13).names) == 13


def test_truncated_svd():
    model = decomposition.TruncatedSVD(3, algorithm="arpack", random_state=0).fit(RAW)
    found = fit_reduction(RAW, "svd", components=3)
    assert same_up_to_sign(found.apply(RAW), model.transform(RAW), abs=1e-6)
    assert found.explained == pytest.approx(model.explained_variance_ratio_)
    assert set(found.mean) == {0.0}


@pytest.mark.parametrize("matrix", [MATRIX, RAW])
def test_discriminants(matrix):
    model = discriminant_analysis.LinearDiscriminantAnalysis().fit(matrix, CLASSES)
    found = fit_reduction(matrix, "lda", components=2, target=CLASSES)
    assert same_up_to_sign(found.apply(matrix), model.transform(matrix), abs=1e-6)
    assert found.explained == pytest.approx(model.explained_variance_ratio_)


def test_independent_components_are_the_sources():
    random = np.random.default_rng(0)
    sources = np.stack([random.uniform(-1, 1, 3000), random.laplace(size=3000), random.exponential(size=3000)])
    mixed = (np.array([[1.0, 2.0, 0.5], [0.3, -1.0, 2.0], [2.0, 0.2, 1.0]]) @ sources).T
    found = fit_reduction(mixed, "ica", components=3)
    agree = np.abs(np.corrcoef(found.apply(mixed).T, sources)[:3, 3:])
    assert (agree.max(axis=0) > 0.99).all()
    theirs = decomposition.FastICA(3, whiten="unit-variance", random_state=0, tol=1e-8).fit_transform(mixed)
    agree = np.abs(np.corrcoef(found.apply(mixed).T, theirs.T)[:3, 3:])
    assert (agree.max(axis=0) > 0.999).all()
    assert found.variance == pytest.approx([1, 1, 1], rel=1e-3)


def test_random_directions_keep_distances():
    random = np.random.default_rng(1)
    matrix = random.normal(size=(40, 2000))
    found = fit_reduction(matrix, "random", components=600, seed=2)
    short = found.apply(matrix)
    for one, other in [(0, 1), (5, 9)]:
        gap, wide = short[one] - short[other], matrix[one] - matrix[other]
        assert gap @ gap / (wide @ wide) == pytest.approx(1, abs=0.2)
    assert fit_reduction(matrix, "random", components=600, seed=2) == found
    expected = random_projection.johnson_lindenstrauss_min_dim(500, eps=0.2)
    assert enough_components(500, 0.2) == expected


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 178))
def test_scatter_merges(cut):
    merged = Scatter.of(RAW[:cut]).merge(Scatter.of(RAW[cut:]))
    whole = Scatter.of(RAW)
    assert merged.mean == pytest.approx(whole.mean)
    assert merged.products == pytest.approx(whole.products, rel=1e-9, abs=1e-6)
    assert np.array(pca_of(merged).components) == pytest.approx(np.array(pca_of(whole).components), abs=1e-8)


@pytest.mark.parametrize("method", ["pca", "svd", "lda", "ica"])
def test_signs_are_settled(method):
    found = fit_reduction(MATRIX, method, components=2, target=CLASSES)
    for direction in found.components:
        assert max(direction, key=abs) > 0
    again = fit_reduction(MATRIX, method, components=2, target=CLASSES)
    assert again == found


def test_parts_that_add_up():
    random = np.random.default_rng(3)
    parts = np.abs(random.normal(size=(3, 12))) * (random.random((3, 12)) < 0.5)
    matrix = np.abs(random.normal(size=(80, 3))) @ parts
    found = fit_parts(matrix, 3)
    assert found.error < 1e-6
    assert (found.parts >= 0).all()
    amounts = found.apply(matrix, rounds=2000)
    assert amounts @ found.parts == pytest.approx(matrix, abs=0.01)
    digits = load("digits")
    pixels = np.stack([digits.column(name) for name in digits.names if name != "target"], axis=1)[:300]
    theirs = decomposition.NMF(5, init="nndsvda", max_iter=1000, tol=1e-6).fit(pixels)
    ours = fit_parts(pixels, 5)
    assert ours.error * (pixels**2).sum() <= 1.01 * theirs.reconstruction_err_**2
    assert np.array_equal(ours.parts, fit_parts(pixels, 5).parts)


def test_behind_a_transform(tmp_path):
    words = ["red" if row % 3 else "white" for row in range(178)]
    columns = {name: WINE.column(name) for name in WINE.names}
    table = Table.from_columns({**columns, "word": words})
    transform = Transform.fit(table, infer(summarize(table), label="target"))
    reduced, found = reduce_transform(transform, table, components=3)
    assert reduced.outputs == ("matrix.pca[1]", "matrix.pca[2]", "matrix.pca[3]")
    assert np.array_equal(reduced.apply(table), found.apply(transform.apply(table)))
    assert reduced.classes == transform.classes
    reduced.save(tmp_path)
    assert np.array_equal(Transform.load(tmp_path).apply(table), reduced.apply(table))
    alone = np.concatenate([reduced.apply(table.rows(row, row + 1)) for row in range(5)])
    assert np.array_equal(alone, reduced.apply(table)[:5])
    apart, _ = reduce_transform(transform, table, method="lda", components=2)
    assert apart.apply(table).shape == (178, 2)
    twice, _ = reduce_transform(reduced, table, components=2)
    assert twice.apply(table) == pytest.approx(reduced.apply(table)[:, :2], abs=1e-9)
    with pytest.raises(InputError, match="the reduction is of"):
        behind(reduced, found)


def test_kept_and_shown(tmp_path):
    found = fit_reduction(MATRIX, "pca", components=3, names=NAMES)
    found.save(tmp_path)
    assert AffineReduction.load(tmp_path) == found
    lines = str(found).splitlines()
    assert lines[0].split() == ["variance", "share", "together"]
    assert lines[3].split() == ["pca[3]", "1.454", "11.1%", "66.5%"]
    assert found.properties() == {"method": "pca", "inputs": 13, "outputs": 3, "explained": sum(found.explained)}
    assert found.as_dict()["inputs"] == tuple(NAMES)


def test_what_is_refused():
    with pytest.raises(InputError, match="no reduction 'tsne'"):
        fit_reduction(MATRIX, "tsne")
    with pytest.raises(InputError, match="missing or infinite values in the matrix; 20 components of 13 columns"):
        fit_reduction(np.where(MATRIX > 2, np.nan, MATRIX), components=20)
    with pytest.raises(InputError, match="3 discriminants of 3 classes"):
        fit_reduction(MATRIX, "lda", components=3, target=CLASSES)
    with pytest.raises(InputError, match="need classes"):
        fit_reduction(MATRIX, "lda")
    with pytest.raises(InputError, match=r"components is 0\.5"):
        fit_reduction(MATRIX, "ica", components=0.5)
    with pytest.raises(InputError, match="negative values"):
        fit_parts(MATRIX, 2)
    with pytest.raises(InputError, match="14 parts"):
        fit_parts(RAW, 14)
