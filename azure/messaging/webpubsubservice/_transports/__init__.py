"""The transports of both clients: one HTTP library each, behind azure-core's interfaces."""
