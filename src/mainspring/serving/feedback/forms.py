"""The forms in which feedback is told: ours, and Seldon's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from mainspring.serving.feedback.record import REWARD, TRUTH, Feedback
from mainspring.serving.problems import MalformedError

_OURS = {"id", "row", "time", "version", "values", TRUTH, REWARD}
_SELDON = {"request", "response", "reward", "truth", "id"}
_MOST = 100_000
_LONGEST = 200
_MOST_ROWS = 2**31
_LATEST = 253_402_300_799.0  # the end of the year 9999
_FORM = '{"id": …, "truth": …, "reward": …, "row": …, "time": …, "values": {…}}, or a list of such as "feedback"'


def read(body: bytes, *, model: str, now: float, caller: str = "", puid: str = "") -> list[Feedback]:
    """The feedback in a body.

    Args:
        body: JSON: an object of our form, or one with a list of them as ``feedback`` or ``instances``; or one of
            Seldon's, which has ``request`` or ``response``.
        model: The model that it is about.
        now: The time, in seconds since the epoch: when it became known, if it does not say.
        caller: Who tells.
        puid: The id of the request, where the body does not say (``Seldon-Puid``).

    Raises:
        MalformedError: If the body is of neither form; with everything that is wrong.
    """
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedError(f"the body is not JSON: {error}", expected=_FORM) from error
    if not isinstance(value, dict):
        raise MalformedError("the body is not a JSON object", expected=_FORM)
    given: Any = value.get("feedback", value.get("instances"))
    if given is None:
        given = [_of_seldon(value, puid) if "request" in value or "response" in value else value]
    problems: list[str] = []
    if not isinstance(given, list) or not given or len(given) > _MOST:
        raise MalformedError("there is no feedback in the body", expected=f"a list of 1 to {_MOST} objects")
    found = [
        msgspec.structs.replace(one, model=model, received=now, caller=caller)
        for place, each in enumerate(given)
        for one in _one(each, f"feedback {place}" if len(given) > 1 else "the feedback", puid, now, problems)
    ]
    if problems:
        raise MalformedError("; ".join(problems), expected=_FORM)
    return found


def _one(each: Any, where: str, puid: str, now: float, problems: list[str]) -> Iterator[Feedback]:
    """What one object says: a value for each key, and for each row where a list is given for all of them."""
    if not isinstance(each, dict):
        problems.append(f"{where} is not an object")
        return
    name, row, version = each.get("id", puid), each.get("row"), each.get("version", "")
    values = {key: each[key] for key in (TRUTH, REWARD) if key in each}
    more = each.get("values", {})
    moment = _moment(each.get("time"), now)
    wrong = [
        (not isinstance(name, str) or not 0 < len(name) <= _LONGEST, "has no id of a request"),
        (not _is_row(row), f"is about row {row!r}; rows are counted from 0"),
        (moment is None, f"became known at {each.get('time')!r}; expected seconds since 1970, or ISO 8601"),
        (not isinstance(more, dict), "has values that are no object"),
        (not isinstance(version, str), "has a version that is no text"),
        (bool(each.keys() - _OURS), f"has {', '.join(sorted(each.keys() - _OURS))}, which is not known"),
        (not values and not more, "says nothing: neither truth, nor reward, nor other values"),
    ]
    if isinstance(more, dict):
        values |= more
    wrong += [
        (not _is_reward(values.get(REWARD, 0.0)), "has a reward that is no number"),
        (not all(map(_is_within, values.values())), "has a number that is too large"),
    ]
    found = [f"{where} {text}" for bad, text in wrong if bad]
    problems += found
    if found or moment is None:
        return
    for key, value in values.items():
        rows: Sequence[tuple[int | None, Any]] = [(row, value)]
        if row is None and isinstance(value, list):
            rows = list(enumerate(value))
        for place, cell in rows:
            if cell is not None:
                yield Feedback(id=name, key=key, value=cell, row=place, time=moment, version=version)


def _moment(value: Any, now: float) -> float | None:
    if value is None:
        return now
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if abs(value) <= _LATEST else None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment.timestamp() if moment.tzinfo is not None else None


def _is_row(value: Any) -> bool:
    return value is None or (type(value) is int and 0 <= value < _MOST_ROWS)


def _is_reward(value: Any) -> bool:
    cells = value if isinstance(value, list) else [value]
    return all(cell is None or (isinstance(cell, int | float) and not isinstance(cell, bool)) for cell in cells)


def _is_within(value: Any) -> bool:
    """Whether whole numbers, which JSON lets be of any length, are within those that can be written down."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return all(map(_is_within, value))
    return not isinstance(value, int) or -(2**63) <= value < 2**63


def _of_seldon(value: Mapping[str, Any], puid: str) -> dict[str, Any]:
    """Feedback of Seldon's, ``{request, response, reward, truth}``, in our form.

    https://docs.seldon.io/projects/seldon-core/en/v1.17.1/reference/apis/external-prediction.html
    """
    found: dict[str, Any] = {name: each for name, each in value.items() if name not in _SELDON}
    name = value.get("id") or _puid(value.get("response")) or _puid(value.get("request")) or puid
    if name:
        found["id"] = name
    if value.get("reward") is not None:
        found[REWARD] = value["reward"]
    truth = value.get("truth")
    if truth is not None:
        found[TRUTH] = _payload(truth)
    return found


def _puid(message: Any) -> str:
    meta = message.get("meta") if isinstance(message, dict) else None
    found = meta.get("puid") if isinstance(meta, dict) else None
    return found if isinstance(found, str) else ""


def _payload(message: Any) -> Any:
    """What a message of Seldon's holds, one value per row."""
    if not isinstance(message, dict):
        return message
    data = message.get("data")
    if isinstance(data, dict):
        tensor = data.get("tensor")
        if isinstance(tensor, dict):
            return _rows(tensor.get("values", []), tensor.get("shape", []))
        return [_alone(cell) for cell in data.get("ndarray", [])]
    return next((message[name] for name in ("jsonData", "strData", "binData") if name in message), None)


def _rows(values: list[Any], shape: list[int]) -> list[Any]:
    width = len(values) // shape[0] if shape and shape[0] else 1
    return [_alone(values[start : start + width]) for start in range(0, len(values), max(1, width))]


def _alone(cell: Any) -> Any:
    return cell[0] if isinstance(cell, list) and len(cell) == 1 else cell
