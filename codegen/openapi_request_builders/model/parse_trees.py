"""The parse trees of regular expressions. Python's own parser makes them, but has no public module."""

import sys
from importlib import import_module
from typing import Any

_CONSTANTS, _PARSER = (
    ("re._constants", "re._parser") if sys.version_info >= (3, 11) else ("sre_constants", "sre_parse")
)
sre: Any = import_module(_CONSTANTS)
sre_parser: Any = import_module(_PARSER)
