"""The playground: the emulator's own page, where people watch it and try it out.

Three rules keep a developer's machine safe:

* it answers only this machine, and only to a page of its own origin (``origin``);
* no key leaves the emulator unasked: the page asks for a short-lived token for each thing that it does, and
  for the connection string only when a person copies it (``endpoint``);
* everything it shows is untrusted text, and the page's policy forbids that it becomes markup or script.

What happened is remembered within bounds (``history``), so that a page that opens later can show it.
"""

from .endpoint import Playground

__all__ = ["Playground"]
