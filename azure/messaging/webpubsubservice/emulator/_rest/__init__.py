"""The data plane: from an HTTP request to an operation of the service, and from its outcome to a response."""
