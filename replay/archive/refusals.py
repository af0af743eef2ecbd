"""What can be wrong with an archive, or with the journal beside it."""

# ArchiveError
# ├── ArchiveExtraMissing     pyarrow is not installed
# ├── NoArchive               there is no manifest where one was named
# ├── ArchiveUnreadable       the manifest is not one
# ├── ArchiveTooNew           it is of a newer release
# ├── ArchiveDamaged          its files are not what the manifest lists
# │   └── NotAnArchivedFile     the hash is right, and what is in it is no journal
# ├── ArchiveBusy             another process writes to it
# ├── JournalGap              the journal's rows do not follow one another
# ├── RestoreFailed           what was restored does not read back as it was archived
# └── ArchiveRefused          a rule of ours: nothing was changed
#     ├── FolderTaken           the folder holds something else
#     ├── OtherJournal          the archive is of another journal, or knows more than this one
#     ├── JournalNotEmpty       only an empty journal is restored into
#     ├── ShardsDiffer          it was laid out in another number of shards
#     ├── ArchiveTooShort       it ends before what it is to be read for
#     └── VaultOfAnotherJournal  no key in the vault is of anybody in the archive


class ArchiveError(Exception):
    """An archive cannot be written, read or restored; the message says what to do."""


class ArchiveExtraMissing(ArchiveError):
    """The extra `archive` is not installed."""


class NoArchive(ArchiveError):
    """The folder holds no manifest."""


class ArchiveUnreadable(ArchiveError):
    """The manifest cannot be read, or contradicts itself."""


class ArchiveTooNew(ArchiveError):
    """A newer release wrote the archive."""


class ArchiveDamaged(ArchiveError):
    """Files of the archive are missing, changed, or too many."""


class NotAnArchivedFile(ArchiveDamaged):
    """A file is no Parquet of the journal's columns, though it is as the manifest lists it."""


class ArchiveBusy(ArchiveError):
    """Another process writes to the archive."""


class JournalGap(ArchiveError):
    """A position of the journal is missing: it was changed from outside."""


class RestoreFailed(ArchiveError):
    """The restored rows differ from the archived ones; nothing was kept."""


class ArchiveRefused(ArchiveError):
    """A rule of ours forbids it; nothing was changed."""


class FolderTaken(ArchiveRefused):
    """The folder holds something that is no archive."""


class OtherJournal(ArchiveRefused):
    """The archive does not begin as this journal does, or goes further."""


class JournalNotEmpty(ArchiveRefused):
    """The journal holds events already."""


class ShardsDiffer(ArchiveRefused):
    """The journal is laid out in another number of shards than the archive."""


class ArchiveTooShort(ArchiveRefused):
    """The archive ends before what it is to be read for."""


class VaultOfAnotherJournal(ArchiveRefused):
    """The vault has no key of those whose sealed events the archive holds."""
