"""docs/metrics.md has every metric and no other, and the alerting rules name none that is not there."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from replay.metrics import IN_DATABASE, OF_PROCESS, known

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "metrics.md").read_text()
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((DOCS / "examples" / "prometheus" / "alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
]
UNITS = ("_seconds", "_messages", "_events", "_offset", "_info", "_total", "_pseudonyms")
FLAGS_AND_COUNTS = {
    "majung_database_up",
    "majung_part_running",
    "majung_ingest_paused_partitions",
    "majung_alerts_open",
    "majung_alerts_escalated",
    "majung_replay_at_work",
    "majung_replays_ended",
}
PERSONAL = {"participant_id", "pseudonym", "worker", "actor", "event_id", "path", "url", "source", "request_id"}


def test_the_page_has_every_metric_as_it_is_and_no_other() -> None:
    rows = re.findall(r"^\| `(majung_\w+)` \| (\w+) \| (.*?) \| (.*) \|$", PAGE, re.MULTILINE)
    told = {name: (kind, tuple(re.findall(r"`(\w+)`", labels)), words) for name, kind, labels, words in rows}
    assert told == {name: tuple(metric) for name, metric in known().items()}
    assert len(rows) == len(told)


def test_every_metric_that_a_process_keeps_is_known() -> None:
    """One that is made elsewhere, or under another registry, would be in no list."""
    kept = {f"{family.name}_total" if family.type == "counter" else family.name for family in OF_PROCESS.collect()}
    assert kept | {told.name for told in IN_DATABASE} == known().keys()


@pytest.mark.parametrize("name", known())
def test_a_name_ends_with_its_unit_and_no_label_is_about_a_person(name: str) -> None:
    metric = known()[name]
    assert name in FLAGS_AND_COUNTS or name.endswith(UNITS)
    assert name.endswith("_total") == (metric.type == "counter")
    assert not PERSONAL & set(metric.labels)
    assert metric.help.endswith(".")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alerting_rule_names_only_what_there_is(rule: dict[str, Any]) -> None:
    assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
    named = set(re.findall(r"\bmajung_\w+", rule["expr"]))
    parts = {
        f"{name}_{part}"
        for name, metric in known().items()
        for part in ("bucket", "sum", "count")
        if metric.type == "histogram"
    }
    assert named <= known().keys() | parts
    assert named or "up{job=" in rule["expr"]
    labels = {label for name in named for label in known()[name].labels} | {"instance", "job"}
    said = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    grouped = {label.strip() for by in re.findall(r"by \(([^)]*)\)", rule["expr"]) for label in by.split(",")}
    assert said | grouped <= labels
    if re.search(r"\b(max|sum)\b", rule["expr"]):
        assert said <= grouped, "an aggregation keeps only the labels that it is made by"


def test_every_alerting_rule_has_a_name_of_its_own() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
