"""Other stage rules tried on the whole journal: who would be placed elsewhere. Nothing is written."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from domain.components import in_force, roots
from domain.history import History, history_of
from domain.journey import Rules, Spell, journey_of
from replay.garbage import not_collecting
from replay.identities import links_by_person
from replay.journal import Journal
from replay.whole_log import Progress, WholeLog

Stage = str | None


class Moved(NamedTuple):
    """A person whose current stage differs: the spell they are in now, and the one they would be in."""

    root: UUID
    now: Spell | None
    then: Spell | None


class Trial(NamedTuple):
    """What other rules would change."""

    people: int
    """Everybody of whom anything is recorded."""
    now: Mapping[Stage, int]
    """People by current stage; None: no stage."""
    then: Mapping[Stage, int]
    moved: list[Moved]
    """In the order of their ids."""
    otherwise: int
    """People in the same stage as now, who would have come there on another day, by another rule or another way."""


def try_rules(journal: Journal, now: Rules, then: Rules, progress: Progress = lambda done, total: None) -> Trial:
    """Fold everybody under both rule sets and compare. Linked identities are one person, as the log has it."""
    with journal.database.read() as connection:
        links = links_by_person(connection, journal.reader)
    linked = roots((link.one, link.other) for of_person in links.values() for link in in_force(of_person))
    start = dict(enumerate(journal.head()))
    log = WholeLog(journal, progress)
    counted: tuple[Counter[Stage], Counter[Stage]] = Counter(), Counter()
    moved: list[Moved] = []
    otherwise = 0
    with not_collecting():
        for root, recorded in log.components(start, linked):
            history = history_of(root, recorded, links=links.get(root, ()))
            before, after = _spells(history, now), _spells(history, then)
            last = Moved(root, before[-1] if before else None, after[-1] if after else None)
            stages = _stage(last.now), _stage(last.then)
            for count, stage in zip(counted, stages, strict=True):
                count[stage] += 1
            if stages[0] != stages[1]:
                moved.append(last)
            elif before != after:
                otherwise += 1
    return Trial(counted[0].total(), counted[0], counted[1], sorted(moved), otherwise)


def _spells(history: History, rules: Rules) -> tuple[Spell, ...]:
    """Without the version that made them, which would make every spell differ."""
    return tuple(spell._replace(rule_version="") for spell in journey_of(history, rules).spells)


def _stage(spell: Spell | None) -> Stage:
    return None if spell is None else spell.stage
