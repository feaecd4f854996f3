"""Models along their slopes: linear ones by the definition, networks completely, and where they look."""

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.data import Feature, Schema, Table, Transform
from mainspring.evaluation.explanation import Background, explain
from mainspring.evaluation.explanation.gradients import class_activation_maps, tcav
from mainspring.models import train
from mainspring.models.explaining import grad_cam, layer_slopes

LINEAR = "sklearn.linear_model.LogisticRegression"


@pytest.mark.parametrize("method", ["integrated_gradients", "deep_shap"])
def test_a_linear_model_by_the_definition(tables, fit, method):
    table = tables["binary"]
    model = train(table, fit(table), estimator=LINEAR)
    background = Background.of(table, rows=12, without=["label"])
    rows = table.rows(20, 24)
    inside = explain(model, rows, background=background, method=method, scale="logit", steps=2)
    outside = explain(model, rows, background=background, method="linear_shap", scale="logit")
    assert inside.contributions == pytest.approx(outside.contributions, abs=1e-6)
    assert inside.base == pytest.approx(outside.base, abs=1e-6)


def test_probabilities_of_several_classes_are_complete(tables, fit):
    table = tables["several"]
    model = train(table, fit(table), estimator=LINEAR)
    background = Background.of(table, rows=12, without=["label"])
    for scale in ("probability", "logit"):
        found = explain(
            model, table.rows(0, 4), background=background, method="deep_shap", scale=scale, output="middle"
        )
        assert found.residual < 1e-4
        assert found.parameters["variant"] == "expected gradients"


def test_columns_that_are_not_explained_keep_the_rows_values(tables, fit):
    table = tables["binary"]
    model = train(table, fit(table), estimator=LINEAR)
    background = Background.of(table, rows=12, features=["hour", "company"], without=["label"])
    found = explain(model, table.rows(0, 3), background=background, method="deep_shap", scale="logit")
    assert found.features == ("hour", "company")
    assert found.residual < 1e-6


def test_what_has_no_gradients(tables, fit):
    table = tables["binary"]
    forest = train(
        table, fit(table), estimator="sklearn.ensemble.RandomForestClassifier", params={"n_estimators": 3}
    )
    background = Background.of(table, rows=5, without=["label"])
    with pytest.raises(InputError, match="no gradients"):
        explain(forest, table.rows(0, 1), background=background, method="integrated_gradients")
    with pytest.raises(InputError, match="no layers"):
        layer_slopes(forest, table.rows(0, 1), output="yes")
    with pytest.raises(InputError, match="how large"):
        grad_cam(forest, table.rows(0, 1), output="yes")


def bright_corners(rows=160, seed=0):
    """Images of 8 by 8 with a bright cross in the upper left or a bright bar in the lower right."""
    random = np.random.default_rng(seed)
    images = random.normal(0, 0.15, (rows, 8, 8))
    kinds = random.integers(0, 2, rows)
    images[kinds == 1, 1:4, 2] += 1.5
    images[kinds == 1, 2, 1:4] += 1.5
    images[kinds == 0, 6, 4:8] += 1.5
    columns = {f"p{place}": images.reshape(rows, -1)[:, place] for place in range(64)}
    return images, Table.from_columns({**columns, "kind": np.where(kinds == 1, "cross", "bar").tolist()})


@pytest.fixture(scope="module")
def seeing():
    pytest.importorskip("torch", reason="PyTorch is an extra: pip install 'mainspring[torch]'")
    images, table = bright_corners()
    schema = Schema(features={c.name: Feature(name=c.name, type=c.type) for c in table.columns}, label="kind")
    transform = Transform.fit(table, schema)
    params = {"image": [8, 8], "channels": [6], "hidden": 16, "epochs": 12, "lr": 0.01, "dtype": "float64"}
    return train(table, transform, estimator="torch.ConvNet", params=params), images, table


@pytest.mark.slow
def test_grad_cam_of_a_network_made_by_hand():
    """One filter that sees brightness, the mean of what it sees, and a line: the map is the bright place."""
    torch = pytest.importorskip("torch", reason="PyTorch is an extra: pip install 'mainspring[torch]'")
    from mainspring.models.adapters.torch_layers import inside

    network = torch.nn.Sequential(
        torch.nn.Unflatten(1, (1, 4, 4)),
        torch.nn.Conv2d(1, 1, 1, bias=False),
        torch.nn.ReLU(),
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
        torch.nn.Linear(1, 2, bias=False),
    ).double()
    with torch.no_grad():
        network[1].weight.fill_(2.0)
        network[5].weight.copy_(torch.tensor([[-16.0], [16.0]]))
    image = np.zeros((4, 4))
    image[1, 2] = 0.5
    activations, slopes = inside(network.eval(), image.reshape(1, 16), np.array([[0.0, 1.0]]), "float64")
    assert activations == pytest.approx(2 * image[None, None])
    # Each place has a sixteenth of the mean, times 16, where the filter sees anything.
    assert slopes == pytest.approx((image > 0)[None, None].astype(float))
    maps = class_activation_maps(activations, slopes, (4, 4))
    assert maps[0] == pytest.approx(2 * image / 16)
    with pytest.raises(InputError, match="no convolution"):
        inside(network[3:], image.reshape(1, 1, 4, 4)[:, :, :1, :1], np.ones((1, 2)), "float64")


@pytest.mark.slow
def test_grad_cam_of_a_trained_network(seeing):
    model, images, table = seeing
    for place, found in enumerate(grad_cam(model, table.rows(0, 4), output="cross")):
        assert found.image == pytest.approx(images[place])
        assert found.heat.shape == (8, 8)
        assert found.heat.min() >= 0
        assert found.scale == "logit"


@pytest.mark.slow
def test_a_network_is_explained_completely(seeing):
    model, _, table = seeing
    background = Background.of(table, rows=10, without=["kind"])
    found = explain(
        model,
        table.rows(0, 3),
        background=background,
        method="integrated_gradients",
        scale="logit",
        output="cross",
    )
    assert found.residual < 0.05
    assert found.contributions.shape == (3, 64)


@pytest.mark.slow
def test_a_concept_of_a_layer(seeing):
    model, _, table = seeing
    random = np.random.default_rng(5)

    def activations(made):
        columns = {f"p{place}": made.reshape(len(made), -1)[:, place] for place in range(64)}
        return layer_slopes(model, Table.from_columns(columns), output="cross")[0]

    plain = [activations(random.normal(0, 0.15, (24, 8, 8))) for _ in range(6)]
    made = random.normal(0, 0.15, (24, 8, 8))
    made[:, 1:4, 2] += 1.5
    made[:, 2, 1:4] += 1.5
    slopes = layer_slopes(model, table.rows(0, 60), output="cross")[1]
    found = tcav(activations(made), plain, slopes)
    assert found.score > 0.95
    assert found.significant
    with pytest.raises(InputError, match="no layer 'zzz'"):
        layer_slopes(model, table.rows(0, 1), output="cross", layer="zzz")
    with pytest.raises(InputError, match="no class"):
        layer_slopes(model, table.rows(0, 1), output="ring")
