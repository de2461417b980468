"""How long tests wait for what takes as long as the machine needs."""

from typing import Final

PATIENCE: Final = 240
"""Seconds in which a program starts, does its work and ends, before its test is over."""
