"""The control interface: HTTP requests, for any language, to do what tests in Python do with an emulator.

It shares the emulator's port, below a path that the service does not use. ``openapi.json`` describes it, and
``routes`` maps each operation to its function. No key is needed, so ``_access`` decides who may use it.
"""

from .endpoint import ControlInterface

__all__ = ["ControlInterface"]
