"""What `majung work` does: each part that the settings name in a thread of its own, until all are told to stop."""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from threading import Event, Thread

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    sleep_using_event,
    stop_when_event_set,
    wait_exponential,
    wait_random,
)

from api.expiring import expired_removed
from api.logs import kind_and_places
from api.settings import Part
from api.wiring import Majung
from replay.database import is_away
from replay.metrics import PART_RUNNING, RETRIES

log = logging.getLogger("majung.work")

Work = Callable[[Event], None]
"""Runs until the event is set."""


class KafkaOff(Exception):
    """A part needs Kafka, and the settings name no broker."""


class PartMissing(Exception):
    """This release does not have the part."""


def project(majung: Majung) -> Work:
    """Keeps the read models up to date; a database that is away is waited for."""

    def begin_anew(attempt: RetryCallState) -> None:
        error = attempt.outcome.exception() if attempt.outcome else None
        kind = type(error).__qualname__
        RETRIES.labels("project", kind).inc()
        log.warning("the database is waited for", extra={"error": kind, "attempt": attempt.attempt_number})
        majung.journal.give_back_connections()

    def run(stop: Event) -> None:
        retrying = Retrying(
            retry=retry_if_exception(is_away),
            wait=wait_exponential(multiplier=0.1, max=5) + wait_random(0, 0.1),
            before_sleep=begin_anew,
            sleep=sleep_using_event(stop),
            stop=stop_when_event_set(stop),
            retry_error_callback=lambda _: None,
        )
        retrying(majung.worker().run, stop)

    return run


def ingest(majung: Majung) -> Work:
    """Takes touchpoints from Kafka. Raises KafkaOff."""
    # Only here: who works without Kafka does not pay for its client.
    from consumers.kafka.ingest import Ingest

    settings = majung.settings
    member = Ingest(
        majung.journal,
        brokers(majung),
        settings.kafka_group_id,
        skew=settings.future_skew,
        most_parked_bytes=settings.kafka_parked_mib * 1024 * 1024,
    )
    return member.run


def publish(majung: Majung) -> Work:
    """Publishes the journal to Kafka, what parked, and journeys where they are on. Raises KafkaOff."""
    from consumers.kafka.outbox import Outbox, run_all
    from consumers.kafka.publish import Publish
    from consumers.kafka.publish_journeys import PublishJourneys
    from consumers.kafka.publish_parked import PublishParked

    told = majung.journal, brokers(majung)
    outboxes: list[Outbox] = [Publish(*told), PublishParked(*told)]
    if majung.settings.kafka_journeys:
        outboxes.append(PublishJourneys(*told))
    return partial(run_all, outboxes)


PARTS: Mapping[Part, Callable[[Majung], Work]] = {"project": project, "ingest": ingest, "publish": publish}


def brokers(majung: Majung) -> str:
    """Where Kafka is. Raises KafkaOff."""
    if majung.settings.kafka_bootstrap_servers is None:
        raise KafkaOff("Kafka is off: set MAJUNG_KAFKA_BOOTSTRAP_SERVERS to HOST:PORT, or leave it out of MAJUNG_WORK")
    return majung.settings.kafka_bootstrap_servers


def work(majung: Majung, stop: Event) -> None:
    """Run the parts that the settings name until `stop` is set; each finishes what it has in hand.

    Where one fails, all are stopped, and its error is raised. Raises KafkaOff and PartMissing before any starts.
    """
    if missing := [name for name in majung.settings.parts if name not in PARTS]:
        raise PartMissing(f"this release cannot {' or '.join(missing)}: leave it out of MAJUNG_WORK")
    parts: Mapping[str, Work] = {name: PARTS[name](majung) for name in majung.settings.parts}
    with expired_removed(majung.journal):
        run_together(parts, stop)


def run_together(parts: Mapping[str, Work], stop: Event) -> None:
    """Run these in threads until `stop` is set, which any that fails does; then raise the first error."""
    failures: list[BaseException] = []

    def run(name: str, part: Work) -> None:
        PART_RUNNING.labels(name).set(1)
        try:
            part(stop)
        except BaseException as failure:
            failures.append(failure)
            log.error("a part has failed, and the others stop", extra={"part": name} | kind_and_places(failure))
        finally:
            PART_RUNNING.labels(name).set(0)
            stop.set()

    threads = [Thread(target=run, args=part, name=f"majung-{part[0]}") for part in parts.items()]
    for thread in threads:
        thread.start()
    stop.wait()
    log.info("stopping: what is in hand is finished")
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
