"""The playground: the emulator's own page, where people watch it and try it out.

Three rules keep it from being a hole in a developer's machine:

* it answers only this machine, and only to a page of its own origin (``_origin``);
* no key leaves the emulator: what the page may do, it does with short-lived tokens that are asked for one by
  one (``_endpoint``);
* everything it shows is untrusted text, which the page's policy forbids to become markup or script.

While no page is open, the emulator does not notice that there is a playground.
"""

from .endpoint import Playground

__all__ = ["Playground"]
