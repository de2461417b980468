"""The emulated service: connections, groups, and the delivery of messages. No HTTP, no sockets.

``service`` puts the parts together. ``state`` knows hubs, groups and users; a ``session`` is one client;
``sessions`` holds them all and fans messages out; ``event_queue`` calls the event handlers; ``observers`` are
notified of everything that happens.
"""
