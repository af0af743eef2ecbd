"""`majung work`: the parts that the settings name run together, and end together."""

from threading import Event

import pytest

from api.settings import SettingsInvalid, load_settings
from api.working import run_together


def test_only_read_models_are_worked_on_unless_told() -> None:
    assert load_settings(work="project").parts == ("project",)
    assert load_settings(work=" ingest, project,ingest").parts == ("ingest", "project")


@pytest.mark.parametrize("told", ["", "projects", "project,,ingest", "project ingest"])
def test_a_part_that_there_is_not_is_refused(told: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"MAJUNG_WORK: .*project, ingest, publish"):
        load_settings(work=told)


def test_a_part_that_fails_ends_the_others_and_is_told() -> None:
    ended = []

    def fail(_: Event) -> None:
        raise ZeroDivisionError

    def follow(stop: Event) -> None:
        stop.wait()
        ended.append(True)

    with pytest.raises(ZeroDivisionError):
        run_together({"follow": follow, "fail": fail}, Event())
    assert ended == [True]


def test_a_stop_ends_all_of_them() -> None:
    stop, ended = Event(), []

    def follow(told: Event) -> None:
        told.wait()
        ended.append(True)

    stop.set()
    run_together({"one": follow, "other": follow}, stop)
    assert ended == [True, True]
