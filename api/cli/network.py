"""`majung person network`: somebody's ties at both clocks, and what changed since an earlier moment.

Kind and closeness are shown under the pseudonym; labels and reasons never are. The other person's pseudonym, and the
ties that others told of this person, are shown only while both consent (domain/network/shared.py).
"""

from datetime import datetime
from typing import Annotated

import typer

from api import wiring
from api.cli.listing import Listing, record
from api.cli.options import AsOf, KnownAt, Output, Participant, moment_option
from api.cli.output import Format, show
from api.settings import load_settings
from domain.network import Change, Network, SeenTie, change_between, network_at, tie_ids_at, ties_of
from replay.queries.as_of import person
from replay.queries.shared_ties import ties_seen_by

CompareWith = Annotated[
    datetime | None,
    moment_option("--compare-with", "Also what changed since this earlier moment, as known at the same time."),
]

_COLUMNS = (
    "tie_id",
    "teller",
    "kind",
    "closeness",
    "contacts_per_month",
    "since",
    "until",
    "formed",
    "alter",
    "told_by",
    "opened_by",
    "ended_by",
)


def network(
    participant: Participant,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    compare_with: CompareWith = None,
    output: Output = Format.TABLE,
) -> None:
    """The ties in force, what was known of each tie over time, and what changed since another moment."""
    with wiring.start(load_settings()) as majung:
        now = majung.now()
        moment, known = as_of or now, known_at or now
        if compare_with is not None and compare_with > moment:
            raise typer.BadParameter("--compare-with must not be later than --as-of")
        ego = person(majung.journal, participant, as_of=moment, known_at=known)
        seen = ties_seen_by(majung.journal, ego, as_of=moment, known_at=known)
    ties = ties_of(ego.history)
    main = record(
        "network",
        participant_id=participant,
        **_composition(network_at(ties, moment)),
        as_of=moment,
        known_at=known,
    )
    found = [main, _periods(seen)]
    if compare_with is not None:
        change = change_between(tie_ids_at(ties, compare_with), tie_ids_at(ties, moment))
        found += [_comparison(change, compare_with, moment), _changes(change)]
    show(output, *found)


def _composition(network: Network) -> dict[str, object]:
    values = network._asdict()
    kinds = {str(kind.value): count for kind, count in values.pop("kinds").items()}
    return {"size": values.pop("size"), **kinds, **values}


def _periods(ties: list[SeenTie]) -> Listing:
    """One row for each time that the same was known of a tie; who has an `until` in the last of them is no more."""
    rows = [
        (
            tie.tie_id,
            tie.teller,
            period.kind,
            period.closeness,
            period.contacts_per_month,
            period.since,
            period.until,
            period.formed,
            tie.alter,
            period.told_by,
            tie.opened_by,
            tie.ended_by,
        )
        for tie in ties
        for period in tie.periods
    ]
    return Listing("ties", _COLUMNS, rows, brief=_COLUMNS[:9])


def _comparison(change: Change, before: datetime, after: datetime) -> Listing:
    overlap = change.overlap
    return record(
        "comparison",
        before=before,
        after=after,
        ties_before=overlap.before,
        ties_after=overlap.after,
        # `formed` is a column of ties already, with another meaning.
        **{f"ties_{name}": count for name, count in overlap._asdict().items()},
        hamming=overlap.hamming,
        jaccard=overlap.jaccard,
    )


def _changes(change: Change) -> Listing:
    rows = [(tie_id, name) for name, ties in change._asdict().items() for tie_id in ties]
    return Listing("changes", ("tie_id", "change"), sorted(rows))
