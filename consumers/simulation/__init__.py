"""Synthetic populations, marked so on every event: pure generators, the same for the same arguments.

Import from here: `from consumers.simulation import Batch, TooFewPeople, population, seoul_2025, worth_looking_at`.
"""

from consumers.simulation.arrivals import Batch
from consumers.simulation.population import population
from consumers.simulation.seoul_2025 import TooFewPeople, seoul_2025
from consumers.simulation.worth_looking_at import WorthLookingAt, worth_looking_at

__all__ = ["Batch", "TooFewPeople", "WorthLookingAt", "population", "seoul_2025", "worth_looking_at"]
