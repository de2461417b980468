"""Words of OpenAPI that several stages need."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")

FORMER_IDS = "x-former-operation-ids"
"""The names of an operation that directives replaced, oldest first."""
