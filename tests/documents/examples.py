"""The example calls in the docstrings of builders."""

import doctest
import inspect
from typing import Any

from azure.core.rest import HttpRequest


def example(builder: Any) -> str:
    """Return the only example in a builder's docstring; empty if there is none."""
    found = doctest.DocTestParser().get_examples(builder.__doc__)
    assert len(found) < 2, f"{builder.__name__} has several examples"
    return found[0].source if found else ""


def run_example(builder: Any) -> HttpRequest:
    """Run a builder's example in its module, and return the request."""
    names = dict(inspect.unwrap(builder).__globals__)
    exec(example(builder), names)
    assert isinstance(names["request"], HttpRequest)
    return names["request"]
