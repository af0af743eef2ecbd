"""Every metric: its name, what it tells, its unit and its labels. docs/metrics.md says the same: a test compares them.

Counters, histograms and gauges are of one process, from its start. What the database knows (`IN_DATABASE`) is asked of
it whenever metrics are read, so that a worker that is gone is seen by whoever still runs. Units are the base units:
seconds, events, messages. No label is about a person, and none has values that a caller can make up.
"""

from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

OF_PROCESS = CollectorRegistry()
"""What this process has done since it started."""

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_BATCH_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_MESSAGES = (1, 5, 10, 50, 100, 250, 500, 1_000, 2_000, 5_000)

TOUCHPOINTS = Counter(
    "majung_touchpoints_total",
    "Touchpoints and commands told to the journal, by what became of each: recorded, duplicate, conflict or blocked.",
    ["status"],
    registry=OF_PROCESS,
)
_BY_STATUS = {status: TOUCHPOINTS.labels(status) for status in ("recorded", "duplicate", "conflict", "blocked")}
"""From the start at 0, so that the first is seen as an increase."""

INGEST_MESSAGES = Counter(
    "majung_ingest_messages_total",
    "Messages from Kafka that were settled, by what became of each: recorded, duplicate, conflict, blocked or refused.",
    ["topic", "status"],
    registry=OF_PROCESS,
)
INGEST_PARKED = Counter(
    "majung_ingest_parked_total",
    "Messages that this process parked, by the code of the reason.",
    ["code"],
    registry=OF_PROCESS,
)
INGEST_BATCH_MESSAGES = Histogram(
    "majung_ingest_batch_messages",
    "Messages settled in one transaction.",
    buckets=_MESSAGES,
    registry=OF_PROCESS,
)
INGEST_BATCH_SECONDS = Histogram(
    "majung_ingest_batch_duration_seconds",
    "How long it took to record the messages of one transaction, and to read what of them was not read ahead.",
    buckets=_BATCH_SECONDS,
    registry=OF_PROCESS,
)
INGEST_LAG_MESSAGES = Gauge(
    "majung_ingest_lag_messages",
    "Messages in a partition that this process has and has not settled yet.",
    ["topic", "partition"],
    registry=OF_PROCESS,
)
INGEST_LAG_SECONDS = Gauge(
    "majung_ingest_lag_seconds",
    "Age of the oldest message that is not settled yet, by its time stamp in Kafka, or a little more; 0: all are.",
    ["topic", "partition"],
    registry=OF_PROCESS,
)
INGEST_PAUSED = Gauge(
    "majung_ingest_paused_partitions",
    "Partitions that wait, since what comes next in them is to park and as much is parked as may wait for a decision.",
    registry=OF_PROCESS,
)
INGEST_REBALANCES = Counter(
    "majung_ingest_rebalances_total",
    "How often the group gave this process its partitions anew.",
    registry=OF_PROCESS,
)

PUBLISHED = Counter(
    "majung_publish_messages_total",
    "Messages that were published, and acknowledged by the broker.",
    ["topic"],
    registry=OF_PROCESS,
)

PROJECTED = Counter(
    "majung_projection_events_total",
    "Events that this process has applied to the read models, each counted once for all of them.",
    ["shard"],
    registry=OF_PROCESS,
)
PROJECTION_SECONDS = Histogram(
    "majung_projection_batch_duration_seconds",
    "How long it took to apply one batch of events, waiting for the database included.",
    buckets=_BATCH_SECONDS,
    registry=OF_PROCESS,
)

RETRIES = Counter(
    "majung_retries_total",
    "How often a part of the work was tried again, by the kind of error.",
    ["part", "cause"],
    registry=OF_PROCESS,
)
PART_RUNNING = Gauge(
    "majung_part_running",
    "1 while this process does this part of the work; 0 while it has failed.",
    ["part"],
    registry=OF_PROCESS,
)

HTTP_REQUESTS = Counter(
    "majung_http_requests_total",
    "Requests answered, by method, template of the path and class of the status.",
    ["method", "route", "status"],
    registry=OF_PROCESS,
)
HTTP_SECONDS = Histogram(
    "majung_http_request_duration_seconds",
    "Time from a request to the beginning of its answer.",
    ["method", "route"],
    buckets=_SECONDS,
    registry=OF_PROCESS,
)


class InDatabase(NamedTuple):
    """A gauge that the database is asked for."""

    name: str
    help: str
    labels: tuple[str, ...] = ()


DATABASE_UP = InDatabase("majung_database_up", "1 where the database answers and is of this release; otherwise 0.")
DATABASE_INFO = InDatabase(
    "majung_database_info", "Always 1: the kind of database and the revision of its schema.", ("kind", "revision")
)
EVENTS = InDatabase("majung_journal_events", "Events in the journal.", ("shard",))
LAST_RECORDED = InDatabase(
    "majung_journal_last_recorded_timestamp_seconds",
    "When the journal took its newest event, in seconds since 1970.",
)
READ_MODEL_LAG_EVENTS = InDatabase(
    "majung_read_model_lag_events",
    "Events of the journal that the rows that serve do not include yet.",
    ("read_model", "shard"),
)
READ_MODEL_LAG_SECONDS = InDatabase(
    "majung_read_model_lag_seconds",
    "How long ago the journal took the oldest event that the rows that serve do not include yet; 0: they include all.",
    ("read_model", "shard"),
)
GENERATION_LAG_EVENTS = InDatabase(
    "majung_generation_lag_events",
    "Events of the journal that a set of rows does not include yet, whether they serve or not; snapshots are left out.",
    ("read_model", "generation", "state"),
)
REPLAY_INFO = InDatabase(
    "majung_replay_info",
    "Always 1: each replay, or taking of a snapshot, that goes on, and what it does: folding, catching up or ready.",
    ("replay", "kind", "state"),
)
REPLAY_AT_WORK = InDatabase(
    "majung_replay_at_work",
    "1 while somebody carries the replay out; 0 where it was interrupted, or is ready and waits.",
    ("replay",),
)
REPLAY_EVENTS = InDatabase("majung_replay_events", "Events with which the replay began.", ("replay",))
REPLAY_FOLDED = InDatabase("majung_replay_folded_events", "Of them, how many are folded.", ("replay",))
REPLAY_PROCESS_FOLDED = InDatabase(
    "majung_replay_process_folded_events",
    "Events of the replay that one of its processes has folded, by the number of the process; gone once it is ready.",
    ("replay", "process"),
)
REPLAY_AGE_SECONDS = InDatabase("majung_replay_age_seconds", "How long ago the replay began.", ("replay",))
REPLAYS_ENDED = InDatabase(
    "majung_replays_ended",
    "Replays and snapshots that ever ended, by how: switched, taken (a snapshot) or discarded.",
    ("outcome",),
)
PUBLISH_LAG_EVENTS = InDatabase(
    "majung_publish_lag_events",
    "Events of the journal that are not published yet, of every topic to which publishing ever began.",
    ("topic", "shard"),
)
PUBLISH_LAG_SECONDS = InDatabase(
    "majung_publish_lag_seconds",
    "How long ago the journal took the oldest event that is not published yet; 0: all are.",
    ("topic", "shard"),
)
PARKED_LAG_MESSAGES = InDatabase(
    "majung_publish_parked_lag_messages",
    "Parked messages of which something is not published yet: that each parked, or what was decided about it.",
)
PARKED_LAG_SECONDS = InDatabase(
    "majung_publish_parked_lag_seconds",
    "How long ago the oldest of that parked, or was decided; 0: all is published.",
)
NEXT_OFFSET = InDatabase(
    "majung_ingest_next_offset",
    "The offset from which a partition is read on: everything before it is settled.",
    ("topic", "partition"),
)
PARKED = InDatabase("majung_parked_messages", "Parked messages that wait for a decision, by code.", ("code",))
HELD = InDatabase("majung_held_pseudonyms", "Pseudonyms whose rows are held at the last good ones: they do not fold.")
ALERTS_OPEN = InDatabase("majung_alerts_open", "Alerts that nobody has acknowledged.")
ALERTS_ESCALATED = InDatabase(
    "majung_alerts_escalated",
    "Alerts that nobody acknowledged within 10 minutes of what raised them, nor since.",
)

IN_DATABASE = (
    DATABASE_UP,
    DATABASE_INFO,
    EVENTS,
    LAST_RECORDED,
    READ_MODEL_LAG_EVENTS,
    READ_MODEL_LAG_SECONDS,
    GENERATION_LAG_EVENTS,
    REPLAY_INFO,
    REPLAY_AT_WORK,
    REPLAY_EVENTS,
    REPLAY_FOLDED,
    REPLAY_PROCESS_FOLDED,
    REPLAY_AGE_SECONDS,
    REPLAYS_ENDED,
    PUBLISH_LAG_EVENTS,
    PUBLISH_LAG_SECONDS,
    PARKED_LAG_MESSAGES,
    PARKED_LAG_SECONDS,
    NEXT_OFFSET,
    PARKED,
    HELD,
    ALERTS_OPEN,
    ALERTS_ESCALATED,
)


class Known(NamedTuple):
    """A metric as docs/metrics.md lists it."""

    type: str
    labels: tuple[str, ...]
    help: str


def known() -> Mapping[str, Known]:
    """Every metric by the name under which it is read; a histogram by the name that its parts have in common."""
    found = {told.name: Known("gauge", told.labels, told.help) for told in IN_DATABASE}
    for metric in (made for made in globals().values() if isinstance(made, Counter | Gauge | Histogram)):
        [family] = metric.describe()
        name = f"{family.name}_total" if family.type == "counter" else family.name
        found[name] = Known(family.type, metric._labelnames, family.documentation)
    return found


def count_statuses(statuses: Sequence[str]) -> None:
    """Count what became of some events that were told to the journal."""
    if len(statuses) == 1:
        # A single fact has a path of its own, of which a tally would be a tenth.
        _BY_STATUS[statuses[0]].inc()
        return
    for status, count in Tally(statuses).items():
        _BY_STATUS[status].inc(count)
