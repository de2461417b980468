"""A local Azure Web PubSub: HTTP data plane and client WebSockets in one process, without a network."""
