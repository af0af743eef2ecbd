"""Reading ahead and writing behind changes when a step runs, and neither its place in the order nor what it raises."""

from functools import partial
from threading import Event

import pytest

from replay.overlap import Overlap

both = pytest.mark.parametrize("helps", [True, False], ids=["in threads", "in turn"])


@both
def test_results_come_in_the_order_of_the_steps(helps: bool) -> None:
    with Overlap(helps=helps) as overlap:
        assert list(overlap.ahead(partial(int, number) for number in range(50))) == list(range(50))
        assert list(overlap.ahead(())) == []


def test_the_next_step_runs_while_a_result_is_used() -> None:
    second_ran = Event()

    with Overlap(helps=True) as overlap:
        results = overlap.ahead([lambda: None, second_ran.set])
        next(results)

        assert second_ran.wait(timeout=30)


@both
def test_what_a_reading_step_raises_comes_in_its_place(helps: bool) -> None:
    with Overlap(helps=helps) as overlap:
        results = overlap.ahead([lambda: 1, lambda: 1 // 0])
        assert next(results) == 1
        with pytest.raises(ZeroDivisionError):
            next(results)


@both
def test_writing_steps_run_one_after_the_other(helps: bool) -> None:
    written: list[int] = []

    with Overlap(helps=helps) as overlap:
        for number in range(50):
            overlap.behind(partial(written.append, number))
        overlap.wait()

        assert written == list(range(50))


@both
def test_what_a_writing_step_raises_is_not_lost(helps: bool) -> None:
    def write_and_wait() -> None:
        with Overlap(helps=helps) as overlap:
            overlap.behind(lambda: print(1 // 0))
            overlap.wait()

    with pytest.raises(ZeroDivisionError):
        write_and_wait()
