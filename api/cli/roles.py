"""`majung person roles`: participant, trainee, healing activist, each from when to when."""

from api import wiring
from api.cli.listing import Listing, record
from api.cli.options import AsOf, KnownAt, Output, Participant
from api.cli.output import Format, show
from api.settings import load_settings
from domain.roles import roles_at, roles_of
from replay.queries.as_of import person

_COLUMNS = ("role", "since", "until", "end", "relapse", "ended_by", "evidence")


def roles(
    participant: Participant, as_of: AsOf = None, known_at: KnownAt = None, output: Output = Format.TABLE
) -> None:
    """The roles somebody holds, and every interval of a role with the events it rests on."""
    with wiring.start(load_settings()) as majung:
        now = majung.now()
        moments = as_of or now, known_at or now
        found = person(majung.journal, participant, as_of=moments[0], known_at=moments[1])
    held = roles_of(found.history)
    rows = [tuple(getattr(interval, name) for name in _COLUMNS) for interval in held]
    show(
        output,
        record(
            "person",
            participant_id=participant,
            roles=roles_at(held, moments[0]),
            as_of=moments[0],
            known_at=moments[1],
        ),
        Listing("intervals", _COLUMNS, rows, brief=_COLUMNS[:5]),
    )
