"""How fast and how small the client is, side by side with the published package and with bare HTTP libraries.

``nox -s bench`` (``nox -s bench -- --quick``) does all of it. Every contender is a process of its own, in the
environment of its own package, and talks to one lean server process on loopback. They take turns, many short
rounds each, and the medians are reported: what else the machine does meanwhile hits all of them alike.
"""
