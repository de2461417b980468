"""The rules of slowing down and speeding up, by a clock of the test's own."""

from typing import Any

import pytest
from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice.senders import SendResult
from azure.messaging.webpubsubservice.senders._arguments import make_schedule
from azure.messaging.webpubsubservice.senders._pace import Pace
from azure.messaging.webpubsubservice.senders._schedule import Job, Schedule

REQUEST = HttpRequest("POST", "/api/hubs/hub/:send", content=b"")


class Response:
    """As much of a response as a schedule looks at."""

    def __init__(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.status_code = status
        self.headers = headers or {}
        self.request = REQUEST


def schedule(most: int = 8, count: int = 1000, **options: Any) -> Schedule:
    made = make_schedule(most, 10_000, None, {}, options)
    for _ in range(count):
        made.add(REQUEST)
    return made


def take_all(schedule: Schedule, now: float) -> list[Job]:
    jobs = []
    while (job := schedule.take(now)) is not None:
        jobs.append(job)
    return jobs


def pop(schedule: Schedule) -> SendResult[Any]:
    result = schedule.pop()
    assert result is not None
    return result


def answer(schedule: Schedule, jobs: list[Job], response: Response, now: float) -> None:
    for job in jobs:
        schedule.ended(job, response, None, now)


def test_after_a_refusal_one_goes_then_two_then_four_then_one_more_a_round() -> None:
    made = schedule(64)
    answer(made, take_all(made, 0), Response(429), 0)
    sizes = []
    for _ in range(9):
        jobs = take_all(made, 0)
        sizes.append(len(jobs))
        answer(made, jobs, Response(202), 0)
    assert sizes == [1, 2, 4, 8, 16, 32, 32, 33, 34]


def test_it_gets_as_fast_as_it_was_and_no_faster() -> None:
    made = schedule(8, 2000)
    answer(made, take_all(made, 0), Response(503), 0)
    for _ in range(60):
        answer(made, take_all(made, 0), Response(202), 0)
    assert len(take_all(made, 0)) == 8


def test_the_refused_go_first() -> None:
    made = schedule(4, 20)
    first = take_all(made, 0)
    answer(made, first, Response(503), 0)
    order = []
    for _ in range(3):
        jobs = take_all(made, 0)
        order += [job.index for job in jobs]
        answer(made, jobs, Response(202), 0)
    assert order[:4] == [0, 1, 2, 3]


def test_those_on_their_way_do_not_slow_it_down_again() -> None:
    pace = Pace(64, 0.8, 120)
    pace.throttled(0, 429, None, 0)
    for _ in range(63):
        pace.throttled(0, 429, None, 0)
    assert (pace.round, pace.limit, pace.resume_at) == (1, 1, 0)
    pace.responded(0)  # sent before the slow-down: says nothing about now
    assert pace.limit == 1


def test_retry_after_holds_all_and_the_longest_counts() -> None:
    made = schedule(4)
    first = take_all(made, 0)
    made.ended(first[0], Response(429, {"Retry-After": "2"}), None, 0)
    made.ended(first[1], Response(429, {"Retry-After": "7"}), None, 0.5)
    made.ended(first[2], Response(429, {"Retry-After": "1"}), None, 1)
    made.ended(first[3], Response(202), None, 1)
    assert take_all(made, 7.4) == []
    assert made.wait(7.4) == pytest.approx(0.1)
    assert len(take_all(made, 7.5)) == 1
    assert made.wait(7.5) is None  # that takes an answer, not time


def test_a_service_that_refuses_the_single_request_too_is_left_alone_longer_each_time() -> None:
    pace = Pace(8, 0.5, 3)
    pauses = []
    now = 0.0
    for _ in range(6):
        pace.throttled(pace.round, 503, None, now)
        pauses.append(max(pace.resume_at - now, 0))
        now = max(now, pace.resume_at)
    assert pauses == [0, 1, 2, 3, 3, 3]
    pace.responded(pace.round)
    pace.throttled(pace.round, 503, None, now)
    assert pace.resume_at <= now


def test_other_errors_wait_by_themselves() -> None:
    made = schedule(4, 6)
    first = take_all(made, 0)
    answer(made, first[:2], Response(500), 0)
    assert [job.index for job in take_all(made, 0)] == [0, 1]  # the first resend does not wait
    answer(made, first[:2], Response(500), 0)
    assert [job.index for job in take_all(made, 0)] == [4, 5]  # others go on
    answer(made, [first[2]], Response(202), 0)
    assert take_all(made, 1.5) == []
    assert [job.index for job in take_all(made, 1.6)] == [0]


def test_closing_gives_those_that_wait_the_answer_they_had() -> None:
    made = schedule(4, 6)
    jobs = take_all(made, 0)
    answer(made, jobs[:2], Response(500), 0)
    made.close()
    made.ended(jobs[2], Response(503), None, 0)  # and is not sent again
    made.ended(jobs[3], Response(202), None, 0)
    assert take_all(made, 100) == []
    assert made.finished
    assert len(made.unsent) == 2
    results = [pop(made) for _ in range(4)]
    assert [result.status_code for result in results] == [500, 500, 503, 202]


def test_a_resend_has_what_is_left_of_the_timeout() -> None:
    made = schedule(1, 1, timeout=10)
    (job,) = take_all(made, 5)
    assert job.options == {"timeout": 10, "retry_status": 0}
    answer(made, [job], Response(500), 8)
    assert take_all(made, 8) == [job]
    assert job.options == {"timeout": 7, "retry_status": 0}
    answer(made, [job], Response(500), 14)  # the next would be at 15.6
    assert pop(made).status_code == 500


def test_a_request_whose_time_ends_in_a_pause_has_the_answer_that_it_had() -> None:
    made = schedule(2, 2, timeout=10)
    first, second = take_all(made, 0)
    made.ended(first, Response(429, {"Retry-After": "2"}), None, 0)
    made.ended(second, Response(429, {"Retry-After": "30"}), None, 0)
    assert pop(made).index == 1  # 30 seconds are more than it has
    assert take_all(made, 30) == []
    assert pop(made).status_code == 429
    assert made.unsent == []


@pytest.mark.parametrize("value", ["soon", "1e999", ""])
def test_a_retry_after_that_says_nothing_is_none(value: str) -> None:
    made = schedule(1, 1)
    (job,) = take_all(made, 0)
    answer(made, [job], Response(423, {"Retry-After": value}), 0)
    assert pop(made).status_code == 423
