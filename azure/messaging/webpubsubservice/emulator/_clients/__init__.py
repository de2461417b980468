"""Client connections: from a WebSocket handshake to a session, and from frames to the session's input."""
