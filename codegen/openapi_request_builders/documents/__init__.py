"""OpenAPI documents: load them, check them, and follow their references."""
