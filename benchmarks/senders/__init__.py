"""How fast many requests and pieces of text go, side by side with what people write by hand.

``nox -s bench`` runs it after the client's own benchmark. Each contender is a process of its own, they take
turns, and the medians are reported.
"""
