"""The playground: the emulator's own page, for watching it and trying it out.

Three rules keep a developer's machine safe:

* It answers only this machine, and only pages of its own origin (``_access``).
* No key leaves the emulator unless a person wants it: the page gets a short-lived token for each thing that
  it does, and gets the connection string only when a person copies it (``endpoint``).
* Everything that it shows is untrusted text, and the page's policy keeps it from becoming markup or script.

A bounded history (``history``) lets a page that opens later show what happened before.
"""

from .endpoint import Playground

__all__ = ["Playground"]
