"""The walks that prove the platform: B to E and H to J of the main case, G of paying, told as they happen."""

from dastern.demo.journey.narrator import Deviation, Narrator
from dastern.demo.journey.paying import Paying
from dastern.demo.journey.walk import Walk

__all__ = ["Deviation", "Narrator", "Paying", "Walk"]
