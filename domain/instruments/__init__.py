"""Instruments: what a measure's answers are worth. A score, or no score with a reason; nothing is ever imputed.

Import from here: `from domain.instruments import INSTRUMENTS, NoScore, Scored, score`.
"""

from domain.instruments.catalogue import INSTRUMENTS
from domain.instruments.instrument import Band, Instrument, Subscale, TextLicence, band_of
from domain.instruments.scoring import NoScore, Scored, Subscore, score, score_of

__all__ = [
    "INSTRUMENTS",
    "Band",
    "Instrument",
    "NoScore",
    "Scored",
    "Subscale",
    "Subscore",
    "TextLicence",
    "band_of",
    "score",
    "score_of",
]
