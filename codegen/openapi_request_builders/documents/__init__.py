"""OpenAPI documents: loaded, checked, and with their references followed."""
