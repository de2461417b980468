"""Bytes to messages and back: one codec for each subprotocol, and the frames of WebSockets.

Nothing here knows who is connected. A new subprotocol is a module with its codec and a row in
``subprotocols.CODECS``.
"""
