"""Who comes in, and what the others are told."""

import asyncio
from collections.abc import Callable

import pytest

from mainspring.serving.call import Call
from mainspring.serving.limits import Limiter, LimitOptions, ModelLimits, RateLimit
from mainspring.serving.problems import BusyError, MalformedError, OverloadedError, TooLargeError, status_of

Make = Callable[..., Call]


def test_so_many_at_a_time_and_no_more(call: Make) -> None:
    limiter = Limiter(LimitOptions(max_requests=2))
    calls = [call() for _ in range(3)]
    limiter.enter(calls[0])
    limiter.enter(calls[1])
    with pytest.raises(OverloadedError, match="2 requests are under way") as caught:
        limiter.enter(calls[2])
    assert status_of(caught.value) == 503
    assert caught.value.retry_after == 1.0
    limiter.leave(calls[2])
    assert limiter.inside == 2
    limiter.leave(calls[0])
    limiter.enter(calls[2])
    limiter.leave(calls[1])
    limiter.leave(calls[2])
    limiter.leave(calls[2])
    assert limiter.inside == 0
    assert limiter.counts.overloaded == 1


def test_how_long_to_wait_follows_from_how_fast_others_are_finished(
    call: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("mainspring.serving.limits.limiter.time.perf_counter", lambda: now[0])
    limiter = Limiter(LimitOptions(max_requests=100))
    for _ in range(400):
        now[0] += 0.05
        one = call()
        limiter.enter(one)
        limiter.leave(one)
    for _ in range(100):
        limiter.enter(call())
    with pytest.raises(OverloadedError) as caught:
        limiter.enter(call())
    assert caught.value.retry_after == pytest.approx(100 / 20, rel=0.1)


def test_a_model_has_limits_of_its_own(call: Make) -> None:
    limits = {"taxi": ModelLimits(max_requests=1)}
    limiter = Limiter(LimitOptions(max_requests=3), limits.get)
    first, other = call("taxi"), call("other")
    limiter.enter(first)
    with pytest.raises(OverloadedError, match="model taxi"):
        limiter.enter(call("taxi"))
    limiter.enter(other)
    limiter.enter(call("other"))
    with pytest.raises(OverloadedError, match=r"^3 requests"):
        limiter.enter(call("other"))
    limiter.leave(first)
    limiter.enter(call("taxi"))


def test_limits_may_change_while_requests_are_under_way(call: Make) -> None:
    limits: dict[str, ModelLimits] = {"taxi": ModelLimits(max_requests=1)}
    limiter = Limiter(LimitOptions(), limits.get)
    first, second = call(), call()
    limiter.enter(first)
    limits["taxi"] = ModelLimits(max_requests=2)
    limiter.enter(second)
    limits["taxi"] = ModelLimits(max_requests=1)
    limiter.leave(first)
    with pytest.raises(OverloadedError):
        limiter.enter(call())
    del limits["taxi"]
    limiter.leave(second)
    limits["taxi"] = ModelLimits(max_requests=1)
    limiter.enter(call())
    assert limiter.inside == 1


def rates(**options: object) -> LimitOptions:
    return LimitOptions(rates=(RateLimit(per_second=0.001, burst=2, **options),))  # type: ignore[arg-type]


def admitted(limiter: Limiter, calls: list[Call]) -> list[bool]:
    found = []
    for one in calls:
        try:
            limiter.enter(one)
        except BusyError:
            found.append(False)
        else:
            found.append(True)
    return found


def test_a_caller_is_limited_wherever_it_asks_from(call: Make) -> None:
    calls = [call(caller="ann", peer=peer) for peer in ("10.0.0.1", "10.0.0.2", "10.0.0.3")]
    assert admitted(Limiter(rates()), [*calls, call(caller="ben")]) == [True, True, False, True]


def test_whoever_is_not_known_is_limited_by_address(call: Make) -> None:
    calls = [call(peer=peer) for peer in ("10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.2")]
    assert admitted(Limiter(rates()), calls) == [True, True, False, True]
    named = [call(caller=name) for name in ("ann", "ben", "cat")]
    assert admitted(Limiter(rates(by="peer")), named) == [True, True, False]
    everybody = [call(caller=name, peer=name) for name in ("ann", "ben", "cat")]
    assert admitted(Limiter(rates(by="everybody")), everybody) == [True, True, False]


def test_nobody_can_take_the_bucket_of_another_by_its_name(call: Make) -> None:
    limiter = Limiter(rates())
    assert admitted(limiter, [call(caller="10.0.0.1")] * 3) == [True, True, False]
    assert admitted(limiter, [call(peer="10.0.0.1")]) == [True]


def test_the_busy_are_told_when_to_come_back(call: Make) -> None:
    limiter = Limiter(LimitOptions(rates=(RateLimit(per_second=10.0, burst=1),)))
    limiter.enter(call())
    with pytest.raises(BusyError) as caught:
        limiter.enter(call())
    assert status_of(caught.value) == 429
    assert 0.0 < caught.value.retry_after <= 0.1
    assert limiter.counts.busy == 1
    assert limiter.inside == 1


def test_whoever_is_refused_by_one_limit_does_not_pay_for_another(call: Make) -> None:
    limits = {"narrow": ModelLimits(rates=(RateLimit(per_second=0.001, burst=1),))}
    limiter = Limiter(rates(), limits.get)
    assert admitted(limiter, [call("narrow"), call("narrow"), call("narrow"), call("other"), call("other")]) == [
        True, False, False, True, False
    ]  # fmt: skip


def test_rows_are_limited_in_a_request_and_in_a_time(call: Make) -> None:
    by_row = RateLimit(per_second=0.001, burst=10, unit="rows")
    limits = {"taxi": ModelLimits(max_rows=8), "slow": ModelLimits(rates=(by_row,))}
    limiter = Limiter(LimitOptions(max_rows=100), limits.get)
    one = call("other")
    limiter.enter(one)
    limiter.measure(one, 100)
    with pytest.raises(TooLargeError, match="101 rows") as caught:
        limiter.measure(one, 101)
    assert status_of(caught.value) == 413
    one = call("taxi")
    limiter.enter(one)
    limiter.measure(one, 8)
    with pytest.raises(TooLargeError, match="at most 8"):
        limiter.measure(one, 9)
    one = call("slow")
    limiter.enter(one)
    with pytest.raises(TooLargeError, match="at most 10"):  # it would have to wait for ever
        limiter.measure(one, 11)
    limiter.measure(one, 6)
    with pytest.raises(BusyError, match="rows"):
        limiter.measure(one, 6)
    limiter.measure(one, 4)
    assert (limiter.counts.large, limiter.counts.busy) == (3, 1)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"x_request_timeout": "1.5"}, 1.5),
        ({"x_envoy_expected_rq_timeout_ms": "250"}, 0.25),
        ({"x_request_timeout": "3", "x_envoy_expected_rq_timeout_ms": "1"}, 3),
    ],
)
def test_the_deadline_is_the_earliest_of_all(call: Make, headers: dict[str, str], seconds: float | None) -> None:
    one = call(**headers)
    Limiter().enter(one)
    assert one.deadline == (None if seconds is None else pytest.approx(one.arrived + seconds))
    one = call(**headers)
    Limiter(LimitOptions(timeout=1.0)).enter(one)
    assert one.deadline == pytest.approx(one.arrived + min(seconds or 1.0, 1.0))
    one = call(**headers)
    one.deadline = one.arrived + 0.1
    Limiter(LimitOptions(timeout=1.0)).enter(one)
    assert one.deadline == one.arrived + 0.1


@pytest.mark.parametrize("text", ["soon", "-1", "0", "nan", "inf", "1e12", ""])
def test_nonsense_about_time_is_refused(call: Make, text: str) -> None:
    limiter = Limiter()
    with pytest.raises(MalformedError, match="x-request-timeout"):
        limiter.enter(call(x_request_timeout=text))
    assert limiter.inside == 0


def test_one_after_the_other(call: Make) -> None:
    async def main() -> None:
        limits = {"taxi": ModelLimits(max_concurrency=2)}
        limiter = Limiter(LimitOptions(), limits.get)
        computing: list[int] = []
        most = 0

        async def compute(number: int) -> None:
            nonlocal most
            one = call()
            limiter.enter(one)
            room = limiter.turns(one)
            assert room is not None
            await room.turn()
            computing.append(number)
            most = max(most, room.computed)
            await asyncio.sleep(0.001)
            room.done()
            limiter.leave(one)

        await asyncio.gather(*[compute(number) for number in range(9)])
        assert computing == list(range(9))
        assert most == 2
        free = call("other")
        limiter.enter(free)
        assert limiter.turns(free) is None

    asyncio.run(main())


@pytest.mark.parametrize("called_up", [False, True])
def test_whoever_goes_away_before_its_turn_takes_none(call: Make, called_up: bool) -> None:
    async def main() -> None:
        limiter = Limiter(LimitOptions(), lambda _: LIMITS)
        ones = [call() for _ in range(3)]
        for one in ones:
            limiter.enter(one)
        room = limiter.turns(ones[0])
        assert room is not None
        await room.turn()
        tasks = [asyncio.create_task(room.turn()) for _ in range(2)]
        await asyncio.sleep(0)
        if called_up:
            room.done()
        tasks[0].cancel()
        await asyncio.gather(*tasks[:1], return_exceptions=True)
        if not called_up:
            room.done()
        await tasks[1]
        assert (room.computed, len(room.waiting)) == (1, 0)
        room.done()
        assert room.computed == 0

    LIMITS = ModelLimits(max_concurrency=1)
    asyncio.run(main())


def test_more_turns_are_given_as_soon_as_more_are_allowed(call: Make) -> None:
    async def main() -> None:
        limits = {"taxi": ModelLimits(max_concurrency=1)}
        limiter = Limiter(LimitOptions(), limits.get)
        one = call()
        limiter.enter(one)
        room = limiter.turns(one)
        assert room is not None
        tasks = [asyncio.create_task(room.turn()) for _ in range(3)]
        await asyncio.sleep(0)
        assert [task.done() for task in tasks] == [True, False, False]
        limits["taxi"] = ModelLimits(max_concurrency=2)
        limiter.enter(call())
        await asyncio.sleep(0)
        assert [task.done() for task in tasks] == [True, True, False]
        room.done()
        await asyncio.gather(*tasks)

    asyncio.run(main())


def test_whoever_goes_away_as_a_turn_ends_takes_none(call: Make) -> None:
    async def main() -> None:
        limiter = Limiter(LimitOptions(), lambda _: ModelLimits(max_concurrency=1))
        one = call()
        limiter.enter(one)
        room = limiter.turns(one)
        assert room is not None
        await room.turn()
        waits = asyncio.create_task(room.turn())
        await asyncio.sleep(0)
        waits.cancel()
        room.done()  # before the other has heard that it is to go
        await asyncio.gather(waits, return_exceptions=True)
        assert (room.computed, len(room.waiting)) == (0, 0)

    asyncio.run(main())
