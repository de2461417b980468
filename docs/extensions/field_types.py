"""Types of fields in docstrings of classes: ``:ivar name:`` gets the type that the class declares."""

import inspect
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FIELD = re.compile(r":ivar (\w+):")


def types_of(cls: type) -> dict[str, str]:
    """Return the types of a class and its bases as they are written, by field."""
    found: dict[str, str] = {}
    for each in reversed(cls.__mro__):
        declared = inspect.get_annotations(each)
        found |= {name: _written(annotation) for name, annotation in declared.items()}
    return found


def _written(annotation: Any) -> str:
    if hasattr(annotation, "__forward_arg__"):
        return str(annotation.__forward_arg__)
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def add_types(_app: "Sphinx", what: str, _name: str, obj: Any, _options: Any, lines: list[str]) -> None:
    """Add a type for each field of a class that is described."""
    if what != "class":
        return
    types = types_of(obj)
    fields = [name for name in FIELD.findall("\n".join(lines)) if name in types]
    while fields and lines and not lines[-1].strip():
        lines.pop()
    lines += [*(f":vartype {name}: ``{types[name]}``" for name in fields), ""]


def setup(app: "Sphinx") -> dict[str, Any]:
    """Register it."""
    app.setup_extension("sphinx.ext.autodoc")  # which has the event
    app.connect("autodoc-process-docstring", add_types)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
