"""The part of JavaScript that transforms in AutoRest's configurations use.

``tokens`` splits a script. ``expressions`` and ``parser`` turn it into functions of a ``scope``. ``values``
has JavaScript's rules about values, and ``library`` has the methods that scripts call. A script can only
access the value that it changes, as ``$``: no files, no network, no clock. A limit on steps ends endless
loops.
"""

from openapi_request_builders.directives.javascript.parser import compile_script
from openapi_request_builders.directives.javascript.values import ScriptError

__all__ = ["ScriptError", "compile_script"]
