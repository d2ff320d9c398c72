"""The walk that proves the platform: journeys B, C, D, E and H of the main case, told as they happen."""

from dastern.demo.journey.narrator import Deviation, Narrator
from dastern.demo.journey.walk import Walk

__all__ = ["Deviation", "Narrator", "Walk"]
