"""Client connections: from a WebSocket handshake to a session, and from frames to what the session reads."""
