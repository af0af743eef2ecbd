"""What the city has published of the programme, by the code of our figure; as of 30 September 2025 unless told.

Sources: a news feature of 1 November 2025 on the first year, and releases of May and August 2025.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

AS_OF: Final = date(2025, 9, 30)

PUBLISHED: Mapping[str, float] = {
    "calls": 19_254,
    "calls_per_day": 105.2,
    "calls_level_loneliness_talk": 72.9,
    "calls_age_band_middle": 66.5,
    "calls_age_band_youth": 28.6,
    "calls_age_band_older": 4.6,
    "calls_to_2025_08_13": 15_565,
    "store_visits": 37_762,
    "store_visits_to_2025_04_30": 4_483,
    "prescribed_people": 1_714,
    "counselled_people": 994,
    "supported_people": 640,
    "activities": 350,
    "activity_areas": 17,
}
"""The published 47 visits a store and day is left out: it counts days otherwise than our figure does."""
