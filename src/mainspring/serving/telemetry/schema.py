"""Every metric that a prediction server has: one list, from which it counts and its dashboard is made."""

from __future__ import annotations

from typing import Final

from mainspring.serving.telemetry.families import ROWS, SECONDS, Family

MODEL: Final = ("model", "version")

REQUESTS = Family(
    name="mainspring_requests_total",
    kind="counter",
    text="Prediction requests answered, by HTTP status or what means the same.",
    labels=(*MODEL, "protocol", "code"),
)
ERRORS = Family(
    name="mainspring_errors_total",
    kind="counter",
    text="Prediction requests that failed, by kind.",
    labels=(*MODEL, "kind"),
)
ROWS_ANSWERED = Family(name="mainspring_rows_total", kind="counter", text="Rows predicted.", labels=MODEL)
REQUEST_SECONDS = Family(
    name="mainspring_request_seconds",
    kind="histogram",
    text="From the last byte of a request to its answer.",
    labels=MODEL,
    bounds=SECONDS,
    exemplars=True,
)
ERROR_SECONDS = Family(
    name="mainspring_error_seconds",
    kind="histogram",
    text="The same for the requests among them that failed: through the caller's fault or the server's.",
    labels=(*MODEL, "fault"),
    bounds=SECONDS,
)
QUEUE_SECONDS = Family(
    name="mainspring_queue_seconds",
    kind="histogram",
    text="Waiting for the model, of requests that had to.",
    labels=MODEL,
    bounds=SECONDS,
)
MODEL_SECONDS = Family(
    name="mainspring_model_seconds",
    kind="histogram",
    text="The model alone.",
    labels=MODEL,
    bounds=SECONDS,
)
READ_SECONDS = Family(
    name="mainspring_read_seconds",
    kind="histogram",
    text="Reading and checking the body of a request.",
    labels=MODEL,
    bounds=SECONDS,
)
WRITE_SECONDS = Family(
    name="mainspring_write_seconds",
    kind="histogram",
    text="Writing the body of an answer.",
    labels=MODEL,
    bounds=SECONDS,
)
EXECUTIONS = Family(
    name="mainspring_executions_total",
    kind="counter",
    text="Times that a model was called: once for all requests of a batch.",
    labels=MODEL,
)
BATCH_ROWS = Family(
    name="mainspring_batch_rows",
    kind="histogram",
    text="Rows computed together, per request that was batched.",
    labels=MODEL,
    bounds=ROWS,
)
BATCHES = Family(
    name="mainspring_batches_total",
    kind="counter",
    text="Batches computed, by how many rows they had.",
    labels=(*MODEL, "rows"),
)
BATCH_SECONDS = Family(
    name="mainspring_batch_seconds_total",
    kind="counter",
    text="Time that these batches took: joining their rows, the model, and parting its outputs.",
    labels=(*MODEL, "rows"),
)
CACHE_HITS = Family(
    name="mainspring_cache_hits_total", kind="counter", text="Requests whose answer was remembered.", labels=MODEL
)
CACHE_MISSES = Family(
    name="mainspring_cache_misses_total",
    kind="counter",
    text="Requests whose answer might have been remembered, and was not.",
    labels=MODEL,
)
IN_FLIGHT = Family(
    name="mainspring_in_flight", kind="gauge", text="Requests that a model has to answer yet.", labels=MODEL
)
QUEUED = Family(
    name="mainspring_queued", kind="gauge", text="Requests that wait to be computed together.", labels=MODEL
)
ASSERTIONS = Family(
    name="mainspring_assertions_total",
    kind="counter",
    text="Rows whose answer an assertion flagged, overrode or blocked.",
    labels=(*MODEL, "assertion", "action"),
)
ROWS_VIOLATING = Family(
    name="mainspring_rows_violating_total",
    kind="counter",
    text="Rows whose answer violates at least one assertion.",
    labels=MODEL,
)
OUTLIERS = Family(
    name="mainspring_outliers_total",
    kind="counter",
    text="Rows answered that are unlike those that the model was trained on.",
    labels=MODEL,
)
FEEDBACK = Family(
    name="mainspring_feedback_total",
    kind="counter",
    text="Rows that feedback came for: right or wrong answers, or a reward alone.",
    labels=(*MODEL, "outcome"),
)
REWARD = Family(
    name="mainspring_feedback_reward",
    kind="histogram",
    text="Rewards that came as feedback.",
    labels=MODEL,
    bounds=(0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0),
)
REJECTED = Family(
    name="mainspring_rejected_total",
    kind="counter",
    text="Requests that a limit turned away, by reason.",
    labels=("model", "reason"),
)
CUSTOM = Family(
    name="mainspring_custom_metrics_total",
    kind="counter",
    text="Metrics that models gave themselves: kept, or refused for their name, value or number.",
    labels=(*MODEL, "outcome"),
)
EVENTS = Family(
    name="mainspring_model_events_total",
    kind="counter",
    text="What was odd about rows and answers, by kind and column, among the rows examined.",
    labels=(*MODEL, "kind", "column"),
)
EVENTS_SENT = Family(
    name="mainspring_model_events_sent_total",
    kind="counter",
    text="Events that were to be sent on: sent, or dropped because no receiver took them.",
    labels=("outcome",),
)
ROWS_EXAMINED = Family(
    name="mainspring_rows_examined_total",
    kind="counter",
    text="Rows that were looked at for events.",
    labels=MODEL,
)
ROWS_ODD = Family(
    name="mainspring_rows_odd_total",
    kind="counter",
    text="Rows examined that had at least one event.",
    labels=MODEL,
)
ROLLOUT_REQUESTS = Family(
    name="mainspring_rollout_requests_total",
    kind="counter",
    text="Requests that a rollout sent to an arm, by how that was decided.",
    labels=("model", "arm", "policy"),
)
ROLLOUT_FALLBACKS = Family(
    name="mainspring_rollout_fallbacks_total",
    kind="counter",
    text="Requests for an arm that could not answer, and that the primary one answered.",
    labels=("model", "arm"),
)
ROLLOUT_COMPARED = Family(
    name="mainspring_rollout_compared_total",
    kind="counter",
    text="Requests that a shadow answered equally or differently, failed to answer, or was spared.",
    labels=("model", "arm", "outcome"),
)
GRAPH_NODE_SECONDS = Family(
    name="mainspring_graph_node_seconds",
    kind="histogram",
    text="How long a node of a graph took.",
    labels=("graph", "node", *MODEL),
    bounds=SECONDS,
)
GRAPH_NODE_ERRORS = Family(
    name="mainspring_graph_node_errors_total",
    kind="counter",
    text="Times that a node of a graph failed or was late, whether or not the graph could do without it.",
    labels=("graph", "node", *MODEL),
)
INFO = Family(
    name="mainspring_model_info",
    kind="gauge",
    text="The models served, as labels.",
    labels=(*MODEL, "runtime", "task"),
    across="max",
)
STATE = Family(
    name="mainspring_model_state",
    kind="gauge",
    text="In how many processes a version is in a state.",
    labels=(*MODEL, "state"),
)
LOAD_SECONDS = Family(
    name="mainspring_model_load_seconds",
    kind="gauge",
    text="How long the version took to load, in the slowest process.",
    labels=MODEL,
    across="max",
)
MODEL_MEMORY = Family(
    name="mainspring_model_memory_bytes",
    kind="gauge",
    text="Memory that the version took when it was loaded, over all processes.",
    labels=MODEL,
)
WORKER_MEMORY = Family(
    name="mainspring_worker_memory_bytes",
    kind="gauge",
    text="Memory that a worker holds.",
    labels=("worker",),
    across="max",
)
WORKERS = Family(name="mainspring_workers", kind="gauge", text="Processes that answer.")
READY = Family(
    name="mainspring_ready", kind="gauge", text="Whether all processes of the server take requests.", across="min"
)
LOG_QUEUE = Family(
    name="mainspring_prediction_log_queue", kind="gauge", text="Records accepted and not yet written."
)
LOG_WRITTEN = Family(name="mainspring_prediction_log_written_total", kind="counter", text="Records written.")
LOG_DROPPED = Family(
    name="mainspring_prediction_log_dropped_total",
    kind="counter",
    text="Records dropped because the queue was full.",
)
LOG_FAILED = Family(
    name="mainspring_prediction_log_failed_total", kind="counter", text="Records that could not be written."
)
SINK_REQUESTS = Family(
    name="mainspring_sink_requests",
    kind="gauge",
    text="Requests of the log that a sink was sent, and that its receiver refused.",
    labels=("sink", "outcome"),
    across="max",
)
SINK_FAILURES = Family(
    name="mainspring_sink_failures",
    kind="gauge",
    text="Attempts to send requests of the log to a sink that failed.",
    labels=("sink",),
    across="max",
)
SINK_LAG = Family(
    name="mainspring_sink_lag_seconds",
    kind="gauge",
    text="How long the oldest request that a sink was not sent yet has waited.",
    labels=("sink",),
    across="max",
)
STARTED = Family(
    name="process_start_time_seconds",
    kind="gauge",
    text="When the first process started, since the epoch.",
    across="min",
)
CPU = Family(
    name="process_cpu_seconds_total", kind="counter", text="Processor time used, by all processes together."
)
MEMORY = Family(name="process_resident_memory_bytes", kind="gauge", text="Memory held, by all processes together.")
SLO_TARGET = Family(
    name="mainspring_slo_target_ratio",
    kind="gauge",
    text="The share that an objective asks for.",
    labels=("slo", "model", "kind"),
    across="max",
)
SLO_BUDGET = Family(
    name="mainspring_slo_budget_left_ratio",
    kind="gauge",
    text="The share of an objective's error budget that is left in its window; negative if it is overspent.",
    labels=("slo",),
    across="max",
)
SLO_BURN = Family(
    name="mainspring_slo_burn_rate",
    kind="gauge",
    text="How fast the budget burns over a time; at 1 it lasts just as long as the objective's window.",
    labels=("slo", "over"),
    across="max",
)
SLO_FIRING = Family(
    name="mainspring_slo_alert_firing",
    kind="gauge",
    text="Whether the budget burns so fast that somebody should know.",
    labels=("slo", "severity"),
    across="max",
)
SLO_JUDGED = Family(
    name="mainspring_slo_judged_total",
    kind="counter",
    text="What an objective judged one by one: feedback and confidence, good or bad.",
    labels=("slo", "result"),
)

SCHEMA: Final[tuple[Family, ...]] = tuple(value for value in dict(globals()).values() if isinstance(value, Family))
"""All of them, in the order in which they stand here."""
