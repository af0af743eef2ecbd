"""`majung identities`: which pseudonyms are one person; linking them, and taking a link back."""

from typing import Annotated, Any
from uuid import UUID

import typer

from api import wiring
from api.cli.listing import Listing, record
from api.cli.options import KnownAt, Output, Participant, Who, Why
from api.cli.output import Format, show
from api.settings import load_settings
from replay.commands import linking

_ID = "A participant's pseudonym, a UUID."
One = Annotated[UUID, typer.Argument(metavar="ONE", help=_ID)]
Other = Annotated[UUID, typer.Argument(metavar="OTHER", help="The other one's.")]
OtherIfTold = Annotated[UUID | None, typer.Argument(metavar="[OTHER]", help="The other one's, or say --pair.")]
NewPair = Annotated[
    UUID | None,
    typer.Option("--pair", metavar="ID", help="A new UUID for the link, so that telling it again is safe."),
]
OldPair = Annotated[str | None, typer.Option("--pair", metavar="ID", help="The link to take back, by its pair id.")]

_PAIR = ("pair_id", "one", "other", "linked_at", "linked_by", "unlinked_at", "unlinked_by")


def link(
    one: One, other: Other, reason: Why, actor: Who = None, pair: NewPair = None, output: Output = Format.TABLE
) -> None:
    """Make one person of two pseudonyms. It can be taken back at any time."""
    with wiring.start(load_settings()) as majung:
        said: dict[str, Any] = {"reason": reason, "actor": actor, "now": majung.now()}
        done = linking.link(majung.journal, one, other, pair_id=str(pair) if pair else None, **said)
        _tell(output, "link", done)


def unlink(
    one: One,
    reason: Why,
    other: OtherIfTold = None,
    pair: OldPair = None,
    actor: Who = None,
    output: Output = Format.TABLE,
) -> None:
    """Take a link back: the one between two pseudonyms, or the one of --pair."""
    if other is None and pair is None:
        raise typer.BadParameter("say the other pseudonym, or --pair with the id of the link")
    with wiring.start(load_settings()) as majung:
        said: dict[str, Any] = {"reason": reason, "actor": actor, "now": majung.now()}
        _tell(output, "unlink", linking.unlink(majung.journal, one, other, pair_id=pair, **said))


def show_identities(participant: Participant, known_at: KnownAt = None, output: Output = Format.TABLE) -> None:
    """Who is one person with a pseudonym, and every link that one of them has or had."""
    with wiring.start(load_settings()) as majung:
        moment = known_at or majung.now()
        found = linking.identities_of(majung.journal, participant, known_at=moment)
    show(
        output,
        record("person", participant_id=participant, person=found.person.history.root, known_at=moment),
        Listing("identities", ("participant_id",), [(identity,) for identity in sorted(found.person.identities)]),
        # Ids do not fit beside each other on a narrow terminal; the other formats have them all.
        Listing("links", _PAIR, found.pairs, brief=("pair_id", "linked_at", "linked_by", "unlinked_at")),
    )


def _tell(output: Format, what: str, done: linking.Linked) -> None:
    status = "duplicate" if done.duplicate else "recorded"
    show(output, Listing(what, ("pair_id", "status"), [(pair, status) for pair in done.pair_ids]))
