"""The names of other servers: the same figures, in their units and with their labels."""

import pytest

from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.aliases import VIEWS, views
from mainspring.serving.telemetry.registry import Registry


@pytest.fixture(scope="module")
def text() -> list[str]:
    registry = Registry(views=views([*VIEWS, "triton"]))
    requests = registry.counter(schema.REQUESTS)
    for protocol, code, number in (("v2", "200", 6), ("v1", "200", 2), ("grpc", "200", 3), ("v2", "400", 1)):
        requests.labels("taxi", "7", protocol, code).add(number)
    requests.labels("taxi", "7", "grpc", "503").add(2)
    requests.labels("", "", "v2", "404").add(9)
    for kind, number in (("BAD_INPUT", 1), ("OVERLOADED", 2)):
        registry.counter(schema.ERRORS).labels("taxi", "7", kind).add(number)
    for family, number in (
        (schema.ROWS_ANSWERED, 20),
        (schema.EXECUTIONS, 10.999999999999998),
        (schema.CACHE_HITS, 4),
        (schema.CACHE_MISSES, 5),
    ):
        registry.counter(family).labels("taxi", "7").add(number)
    for family, values in (
        (schema.REQUEST_SECONDS, (0.0002, 0.002, 0.002)),
        (schema.MODEL_SECONDS, (0.001,)),
        (schema.QUEUE_SECONDS, (0.5,)),
        (schema.READ_SECONDS, (0.0001,)),
        (schema.WRITE_SECONDS, (0.0003,)),
    ):
        for value in values:
            registry.histogram(family).labels("taxi", "7").observe(value)
    registry.histogram(schema.MODEL_SECONDS).labels("taxi", "8").observe(0.002)
    registry.histogram(schema.ERROR_SECONDS).labels("taxi", "7", "caller").observe(0.0002)
    registry.histogram(schema.BATCH_ROWS).labels("taxi", "7").observe(8)
    registry.gauge(schema.QUEUED).labels("taxi", "7").set(3)
    registry.gauge(schema.IN_FLIGHT).labels("taxi", "7").set(4)
    registry.counter(schema.FEEDBACK).labels("taxi", "7", "right").add(5)
    registry.histogram(schema.REWARD).labels("taxi", "7").observe(0.5)
    return registry.exposition().body.decode().splitlines()


def test_triton(text: list[str]) -> None:
    labels = '{model="taxi",version="7"}'
    for line in (
        f"nv_inference_request_success{labels} 11",
        'nv_inference_request_failure{model="taxi",version="7",reason="REJECTED"} 2',
        'nv_inference_request_failure{model="taxi",version="7",reason="OTHER"} 1',
        'nv_inference_request_failure{model="taxi",version="7",reason="BACKEND"} 0',
        f"nv_inference_count{labels} 20",
        f"nv_inference_exec_count{labels} 11",
        f"nv_inference_pending_request_count{labels} 3",
        f"nv_inference_queue_duration_us{labels} 500000",
        f"nv_inference_compute_infer_duration_us{labels} 1000",
        f"nv_cache_num_hits_per_model{labels} 4",
        f"nv_cache_num_misses_per_model{labels} 5",
    ):
        assert line in text
    assert sum(line.startswith("# TYPE nv_inference_count ") for line in text) == 1


def test_mlserver(text: list[str]) -> None:
    rpc = 'grpc_type="UNARY",grpc_service="inference.GRPCInferenceService",grpc_method="ModelInfer"'
    for line in (
        'model_infer_request_success_total{model="taxi",version="7"} 11',
        'model_infer_request_failure_total{model="taxi",version="7"} 3',
        'model_infer_request_duration_count{model="taxi",version="7"} 3',
        'rest_server_requests_total{method="POST",path="/v2/models/{model_name}/infer",status_code="200"} 6',
        'rest_server_requests_total{method="POST",path="/v2/models/{model_name}/infer",status_code="404"} 9',
        f'grpc_server_handled_total{{{rpc},grpc_code="UNAVAILABLE"}} 2',
        "rest_server_requests_in_progress 4",
        "batch_request_queue 3",
    ):
        assert line in text
    assert "# TYPE model_infer_request_duration summary" in text


def test_kserve_adds_versions_up(text: list[str]) -> None:
    for line in (
        'request_predict_seconds_bucket{model_name="taxi",le="0.001"} 1',
        'request_predict_seconds_count{model_name="taxi"} 2',
        'request_preprocess_seconds_sum{model_name="taxi"} 0.0001',
        'request_postprocess_seconds_sum{model_name="taxi"} 0.0003',
    ):
        assert line in text


def test_seldon(text: list[str]) -> None:
    labels = (
        'deployment_name="taxi",predictor_name="taxi",predictor_version="7",model_name="taxi",'
        'model_image="mainspring",model_version="7"'
    )
    server = "seldon_api_executor_server_requests_seconds"
    for line in (
        f'{server}_count{{service="predictions",{labels},code="200",method="post"}} 2',
        f'{server}_count{{service="predictions",{labels},code="400",method="post"}} 1',
        f'{server}_bucket{{service="predictions",{labels},code="200",method="post",le="0.00025"}} 0',
        f'{server}_summary_sum{{service="predictions",{labels},code="400",method="post"}} 0.0002',
        f'seldon_api_model_feedback_total{{service="feedback",{labels}}} 5',
        f'seldon_api_model_feedback_reward_total{{service="feedback",{labels}}} 0.5',
    ):
        assert line in text
    assert any(line.startswith("seldon_api_executor_client_requests_seconds_count") for line in text)


def test_tensorflow_serving_counts_microseconds(text: list[str]) -> None:
    rest = 'model_name="taxi",API="Predict",entrypoint="REST"'
    for line in (
        ':tensorflow:serving:request_count{model_name="taxi",status="OK"} 11',
        ':tensorflow:serving:request_count{model_name="taxi",status="INVALID_ARGUMENT"} 1',
        f':tensorflow:serving:request_latency_bucket{{{rest},le="250.0"}} 1',
        ':tensorflow:serving:runtime_latency_sum{model_name="taxi",API="Predict",runtime="mainspring"} 3000',
        ':tensorflow:serving:batching_session:processed_batch_size_bucket{model_name="taxi",le="8.0"} 1',
    ):
        assert line in text


def test_requests_for_models_that_are_not_served_are_under_no_name(text: list[str]) -> None:
    foreign = [line for line in text if not line.startswith(("mainspring", "#", "rest_server"))]
    assert not [line for line in foreign if '=""' in line]


def test_nothing_is_shown_under_other_names_unless_asked() -> None:
    registry = Registry()
    registry.counter(schema.REQUESTS).labels("taxi", "7", "v2", "200").add()
    assert all("mainspring_" in line for line in registry.exposition().body.decode().splitlines())
