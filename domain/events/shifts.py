"""Who is responsible: handover of a shift, assignment of a worker."""

from pydantic import NonNegativeInt

from domain.touchpoint import Name, Touchpoint


class ShiftHandedOver(Touchpoint, stored_as="shift-handed-over.v1"):
    """A shift passed what is open for this person to the next worker."""

    to_actor: Name
    open_items: NonNegativeInt = 0


class WorkerAssigned(Touchpoint, stored_as="worker-assigned.v1"):
    """A worker took a role for this person."""

    worker: Name
    role: Name


class WorkerUnassigned(Touchpoint, stored_as="worker-unassigned.v1"):
    """A worker gave a role for this person back."""

    worker: Name
    role: Name
