"""The part of JavaScript that the transforms of AutoRest's configurations are written in.

``tokens`` splits a script. ``expressions`` and ``parser`` turn it into functions of a ``scope``. ``values``
has JavaScript's rules about values, and ``library`` the methods that scripts call. A script sees the value it
changes, as ``$``, and nothing else: no files, no network, no clock. A limit on steps ends endless loops.
"""

from openapi_request_builders.directives.javascript.parser import compile_script
from openapi_request_builders.directives.javascript.values import ScriptError

__all__ = ["ScriptError", "compile_script"]
