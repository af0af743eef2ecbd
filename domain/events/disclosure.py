"""What left the house, and what was erased."""

from pydantic import NonNegativeInt

from domain.touchpoint import Name, Touchpoint


class ErasureRequested(Touchpoint, stored_as="erasure-requested.v1", is_command=True):
    """A person asked that their data be destroyed."""


class ErasureConfirmed(Touchpoint, stored_as="erasure-confirmed.v1", is_command=True):
    """A second officer confirmed an erasure."""


class ErasureCompleted(Touchpoint, stored_as="erasure-completed.v1", is_command=True):
    """The key was destroyed; a receipt per store says until when copies may live elsewhere."""

    receipts: tuple[Name, ...]


class DataDisclosed(Touchpoint, stored_as="data-disclosed.v1"):
    """Data of a person were given to somebody outside, and on what ground."""

    recipient: Name
    legal_basis: Name
    document_number: Name | None = None
    fields: tuple[Name, ...]
    positions: tuple[NonNegativeInt, ...] = ()


class ExportReleased(Touchpoint, stored_as="export-released.v1"):
    """A person's data were part of a released export."""

    definition: Name
    position: NonNegativeInt
    recipients: tuple[Name, ...]
