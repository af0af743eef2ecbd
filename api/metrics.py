"""Metrics for a Prometheus server: those of this process, and what the database says at the moment they are read."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, AF_INET6
from threading import Thread
from typing import Any, ClassVar

from prometheus_client import REGISTRY, CollectorRegistry, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from api.wiring import Majung
from replay import metrics, schema
from replay.live.held import count_held
from replay.messages.parked import to_publish
from replay.metrics import InDatabase
from replay.queries import backlog
from replay.queries.backlog import Behind
from replay.rebuild import progress
from replay.rebuild.choosing import Line
from replay.rebuild.progress import Replay

log = logging.getLogger("majung.metrics")

# When a series began is no figure of ours, and would double their number.
disable_created_metrics()  # type: ignore[no-untyped-call]


class MetricsNotServed(OSError):
    """Nobody can read the metrics: the address is taken or none of ours."""


class FromDatabase(Collector):
    """What the database says; where it does not answer, that it does not, and nothing else."""

    def __init__(self, majung: Majung) -> None:
        self._majung = majung

    def collect(self) -> Iterable[Metric]:
        try:
            told = list(self._told())
        except Exception as error:
            # Whatever it is, metrics are still read: this is the moment at which they are needed.
            log.warning("the database was not asked: %s", type(error).__qualname__)
            return [_one(metrics.DATABASE_UP, 0)]
        # What may fail though the database answers takes nothing else with it.
        for ask in (self._read_models, self._alerts):
            try:
                told += ask()
            except Exception as error:
                log.warning("some metrics are left out", extra={"error": type(error).__qualname__})
        return told

    def _told(self) -> Iterator[Metric]:
        majung = self._majung
        schema.check(majung.database)
        with majung.database.read() as connection:
            revision = schema.revision_of(connection) or ""
            heads = backlog.journal_heads(connection)
            publishing = backlog.publishing_behind(connection)
            offsets = backlog.next_offsets(connection)
            untold = to_publish(connection)
            parked = backlog.parked_by_code(connection)
            held = count_held(connection)
            # Replays go by the clock alone, however far the journal is ahead of it.
            clock = majung.journal.clock()
            projections = progress.overview(connection, clock)
            outcomes = progress.outcomes(connection)
        yield _one(metrics.DATABASE_UP, 1)
        kind = "postgresql" if majung.database.is_postgres else "sqlite"
        yield _family(metrics.DATABASE_INFO, [((kind, revision), 1)])
        yield _family(metrics.EVENTS, [((head.shard,), head.position) for head in heads])
        yield _one(metrics.LAST_RECORDED, backlog.newest(heads).timestamp())
        yield from _behind(publishing, majung.now(), metrics.PUBLISH_LAG_EVENTS, metrics.PUBLISH_LAG_SECONDS)
        if untold is not None:
            yield _one(metrics.PARKED_LAG_MESSAGES, untold.messages)
            yield _one(metrics.PARKED_LAG_SECONDS, backlog.seconds_since(untold.since, clock))
        yield _of_generations(projections.lines)
        yield from _of_replays(projections.replays, clock)
        yield _family(metrics.REPLAYS_ENDED, [((outcome,), count) for outcome, count in outcomes.items()])
        yield _family(metrics.NEXT_OFFSET, [((topic, partition), offset) for topic, partition, offset in offsets])
        yield _family(metrics.PARKED, [((code,), count) for code, count in sorted(parked.items())])
        yield _one(metrics.HELD, held)

    def _read_models(self) -> list[Metric]:
        majung = self._majung
        # A journal may be set ahead of the clock.
        now, models = majung.now(), majung.models()
        with majung.database.read() as connection:
            found = backlog.read_models_behind(connection, models)
        return list(_behind(found, now, metrics.READ_MODEL_LAG_EVENTS, metrics.READ_MODEL_LAG_SECONDS))

    def _alerts(self) -> list[Metric]:
        found = backlog.alerts_to_acknowledge(self._majung.journal, self._majung.now())
        if found is None:
            return []
        return [_one(metrics.ALERTS_OPEN, found.open), _one(metrics.ALERTS_ESCALATED, found.escalated)]


def registry_of(majung: Majung) -> CollectorRegistry:
    """All that this process and its database tell, with what is usual of a Python process."""
    registry = CollectorRegistry()
    for collector in (metrics.OF_PROCESS, FromDatabase(majung), REGISTRY):
        registry.register(collector)
    return registry


def exposition(registry: CollectorRegistry, accept: str | None) -> tuple[bytes, str]:
    """The metrics and their media type: OpenMetrics for who asks for it, else the text format of Prometheus."""
    if "application/openmetrics-text" in (accept or ""):
        body: bytes = openmetrics.generate_latest(registry)  # type: ignore[no-untyped-call]
        return body, openmetrics.CONTENT_TYPE_LATEST
    return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4


@contextmanager
def served(registry: CollectorRegistry, host: str, port: int) -> Iterator[int]:
    """Answer GET /metrics on an address of its own while the block runs; gives the port. Raises MetricsNotServed."""

    class Answer(_Answer):
        told = registry

    try:
        server = _Server((host, port), Answer)
    except OSError as error:
        raise MetricsNotServed(
            f"cannot tell metrics on port {port} of {host} ({error.strerror}): end what is there, or change"
            " MAJUNG_METRICS_PORT or MAJUNG_METRICS_HOST"
        ) from None
    thread = Thread(target=server.serve_forever, name="majung-metrics", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    """On IPv4 or IPv6, as the address is. A caller that goes away is no error."""

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = AF_INET6 if ":" in address[0] else AF_INET
        super().__init__(address, handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("metrics were not taken to their end")


class _Answer(BaseHTTPRequestHandler):
    """GET /metrics, and nothing else."""

    told: ClassVar[CollectorRegistry]
    timeout = 30

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != "/metrics":
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        body, media_type = exposition(self.told, self.headers.get("Accept"))
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Who reads metrics is nothing to tell."""


def _of_generations(lines: Sequence[Line]) -> Metric:
    told = [((each.read_model, each.generation, each.state), each.behind) for each in lines]
    return _family(metrics.GENERATION_LAG_EVENTS, [(labels, lag) for labels, lag in told if lag is not None])


def _of_replays(replays: Sequence[Replay], now: datetime) -> Iterator[Metric]:
    yield _family(metrics.REPLAY_INFO, [((each.number, each.made.kind, each.state), 1) for each in replays])
    yield _family(metrics.REPLAY_AT_WORK, [((each.number,), each.at_work) for each in replays])
    yield _family(metrics.REPLAY_EVENTS, [((each.number,), each.events) for each in replays])
    yield _family(metrics.REPLAY_FOLDED, [((each.number,), each.folded) for each in replays])
    processes = [((each.number, one.process), one.folded) for each in replays for one in each.processes]
    yield _family(metrics.REPLAY_PROCESS_FOLDED, processes)
    ages = [((each.number,), max(0.0, (now - each.begun_at).total_seconds())) for each in replays]
    yield _family(metrics.REPLAY_AGE_SECONDS, ages)


def _behind(found: Sequence[Behind], now: datetime, events: InDatabase, seconds: InDatabase) -> Iterator[Metric]:
    yield _family(events, [((behind.name, behind.shard), behind.events) for behind in found])
    yield _family(seconds, [((behind.name, behind.shard), behind.seconds(now)) for behind in found])


def _one(told: InDatabase, value: float) -> Metric:
    return _family(told, [((), value)])


def _family(told: InDatabase, samples: Sequence[tuple[tuple[str | int, ...], float]]) -> Metric:
    family = GaugeMetricFamily(told.name, told.help, labels=told.labels)
    for labels, value in samples:
        family.add_metric([str(label) for label in labels], value)
    return family
