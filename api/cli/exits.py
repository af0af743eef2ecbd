"""Exit codes, and which error means which. The only place where an error becomes a line on stderr and a code."""

import sqlite3
from collections.abc import Mapping
from enum import IntEnum

import psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from typer import TyperException

from api.settings import SettingsInvalid
from api.working import KafkaOff, PartMissing
from consumers.rejects import RejectsUnreadable
from consumers.simulation import TooFewPeople
from consumers.tables.mapping import MappingError
from domain.acknowledging import AlertError, AlertUnknown
from domain.casework.refusals import CaseworkError, NotAssigned, SameWorker
from domain.clock import NotAnInstant
from domain.identities import LinkingError, NoLongerLinked, NotLinked, ParticipantUnknown
from domain.journey import NotAVersion
from domain.overriding import OverrideError
from domain.refusals import IntakeError
from domain.schema import NoSuchSchema
from replay.archive.refusals import ArchiveError, ArchiveRefused, NoArchive
from replay.commands.workers import RefusedByPolicy
from replay.database import DatabaseUnusable, UnknownDatabase
from replay.journal import DecisionContended
from replay.live.held import CannotBeFolded, NotHeld
from replay.live.rule_sets import RuleSetTaken
from replay.mapper import EventUnreadable, UndecodableEvent, UnknownStoredName
from replay.messages.parked import ParkedBytesGone, ParkedError, ParkedUnknown
from replay.queries.as_of import PersonUnknown
from replay.rebuild import NotDeterministic, ReplayRunning
from replay.rebuild.choosing import NothingToChoose, Stale, StillServes
from replay.rebuild.engine import ClusterUnusable
from replay.rebuild.snapshots import NoSnapshotName, SnapshotRefused, SnapshotUnknown
from replay.synthetic import NotSynthetic
from replay.vault import VaultError


class ExitCode(IntEnum):
    """What a command says to the shell."""

    OK = 0
    FAILED = 1
    USAGE = 2
    """The command line, a setting or a mapping file must be changed."""
    FINDINGS = 3
    """The command did its work and found something to look at."""
    NOT_FOUND = 4
    VERSION_CONFLICT = 5
    REFUSED = 6
    """Refused by policy."""


class Refused(Exception):
    """A rule of ours forbids what was asked; nothing was changed."""


CODES: Mapping[type[BaseException], ExitCode] = {
    ArchiveError: ExitCode.FAILED,
    CannotBeFolded: ExitCode.FAILED,
    DatabaseUnusable: ExitCode.FAILED,
    EventUnreadable: ExitCode.FAILED,
    IntakeError: ExitCode.FAILED,
    NotDeterministic: ExitCode.FAILED,
    OSError: ExitCode.FAILED,
    RejectsUnreadable: ExitCode.FAILED,
    SQLAlchemyError: ExitCode.FAILED,
    UndecodableEvent: ExitCode.FAILED,
    UnknownStoredName: ExitCode.FAILED,
    VaultError: ExitCode.FAILED,
    psycopg.Error: ExitCode.FAILED,
    sqlite3.Error: ExitCode.FAILED,
    ClusterUnusable: ExitCode.USAGE,
    KafkaOff: ExitCode.USAGE,
    MappingError: ExitCode.USAGE,
    NoSnapshotName: ExitCode.USAGE,
    NotAVersion: ExitCode.USAGE,
    NotAnInstant: ExitCode.USAGE,
    PartMissing: ExitCode.USAGE,
    SettingsInvalid: ExitCode.USAGE,
    TooFewPeople: ExitCode.USAGE,
    UnknownDatabase: ExitCode.USAGE,
    AlertUnknown: ExitCode.NOT_FOUND,
    SameWorker: ExitCode.USAGE,
    FileNotFoundError: ExitCode.NOT_FOUND,
    NoArchive: ExitCode.NOT_FOUND,
    NoSuchSchema: ExitCode.NOT_FOUND,
    NotAssigned: ExitCode.NOT_FOUND,
    NotHeld: ExitCode.NOT_FOUND,
    NotLinked: ExitCode.NOT_FOUND,
    NothingToChoose: ExitCode.NOT_FOUND,
    ParkedBytesGone: ExitCode.NOT_FOUND,
    ParkedUnknown: ExitCode.NOT_FOUND,
    ParticipantUnknown: ExitCode.NOT_FOUND,
    PersonUnknown: ExitCode.NOT_FOUND,
    SnapshotUnknown: ExitCode.NOT_FOUND,
    DecisionContended: ExitCode.VERSION_CONFLICT,
    AlertError: ExitCode.REFUSED,
    ArchiveRefused: ExitCode.REFUSED,
    CaseworkError: ExitCode.REFUSED,
    LinkingError: ExitCode.REFUSED,
    NoLongerLinked: ExitCode.REFUSED,
    NotSynthetic: ExitCode.REFUSED,
    OverrideError: ExitCode.REFUSED,
    ParkedError: ExitCode.REFUSED,
    Refused: ExitCode.REFUSED,
    RefusedByPolicy: ExitCode.REFUSED,
    ReplayRunning: ExitCode.REFUSED,
    SnapshotRefused: ExitCode.REFUSED,
    Stale: ExitCode.REFUSED,
    StillServes: ExitCode.REFUSED,
    RuleSetTaken: ExitCode.REFUSED,
}
"""Every expected error; a subclass has its nearest base's code. All others are defects, and keep their traceback."""


def exit_code(error: BaseException) -> ExitCode | None:
    """The code of an expected error, None for a defect."""
    if isinstance(error, TyperException):
        return ExitCode(error.exit_code)
    return next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), None)


def message(error: BaseException) -> str:
    """One line that says what is wrong and what to do."""
    if isinstance(error, TyperException):
        return error.format_message()
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
    if isinstance(error, SQLAlchemyError | psycopg.Error | sqlite3.Error):
        # Only the first line: those after it may repeat the values of a row.
        said = str(error.orig if isinstance(error, DBAPIError) else error).partition("\n")[0]
        unreached = said.startswith("connection failed")
        return f"the database refused: {said}{': does it run, and is its URL right?' if unreached else ''}"
    return str(error)
