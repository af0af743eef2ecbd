"""Synthetic populations, marked so on every event: pure generators, the same for the same arguments.

Import from here: `from consumers.simulation import seoul_2025`.
"""

from consumers.simulation.arrivals import Batch
from consumers.simulation.people import households_of
from consumers.simulation.population import population
from consumers.simulation.seoul_2025 import TooFewPeople, seoul_2025
from consumers.simulation.worth_looking_at import WORKER_OF_WAITING, WorthLookingAt, worth_looking_at

__all__ = [
    "WORKER_OF_WAITING",
    "Batch",
    "TooFewPeople",
    "WorthLookingAt",
    "households_of",
    "population",
    "seoul_2025",
    "worth_looking_at",
]
