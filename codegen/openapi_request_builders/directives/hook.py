"""A user's function that changes documents before they are read."""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from openapi_request_builders.config.settings import Setting
from openapi_request_builders.problems import problem


def load_hook(setting: Setting | None) -> Callable[[Any], Any] | None:
    """Import a hook by its name, ``module:function``, from the configuration's folder or from ``sys.path``.

    :raises Problems: It cannot be imported, or is not a function.
    """
    if setting is None:
        return None
    module_name, colon, name = str(setting.value).partition(":")
    remedy = "write module:function, with a function from document to document"
    if not (module_name and colon and name):
        raise problem(setting.place, f"hook is {setting.value!r}", remedy)
    folder = str(Path(setting.folder).absolute())
    sys.path.insert(0, folder)
    try:
        hook = getattr(import_module(module_name), name)
    except Exception as error:  # the module may raise anything
        message = f"the hook {setting.value} cannot be imported: {type(error).__name__}: {error}"
        raise problem(setting.place, message, remedy) from error
    finally:
        sys.path.remove(folder)
    if not callable(hook):
        raise problem(setting.place, f"the hook {setting.value} is not a function", remedy)
    return hook  # type: ignore[no-any-return]
