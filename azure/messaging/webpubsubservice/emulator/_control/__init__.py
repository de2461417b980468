"""The control interface: what a test in Python does with an emulator, over HTTP for any other language.

It shares the emulator's port, below a path that the service does not use. ``openapi.json`` describes it, and
``routes`` has what each operation does. Nothing here needs a key, so ``access`` decides who may use it.
"""

from .endpoint import ControlInterface

__all__ = ["ControlInterface"]
