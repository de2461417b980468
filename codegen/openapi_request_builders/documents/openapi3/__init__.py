"""Lower OpenAPI 3.0, 3.1 and 3.2 documents to the OpenAPI 2.0 tree that the later stages read.

Lowering happens once, after documents are loaded, so later stages do not depend on a document's version.
These extensions stand for what OpenAPI 2.0 cannot express:

* ``x-openapi`` of a document: its original version.
* ``x-place`` and ``x-places``: the original places of an object and of its members, for errors.
* ``x-style``, ``x-explode`` and ``x-reserved`` of a parameter, if ``collectionFormat`` is not enough.
* ``x-any-of``: the alternatives for a parameter's value; ``x-required``: the required members of an object.
* ``x-extensible`` of an enumeration: other values are allowed, too.
* ``x-media-types`` of a form field: the allowed content types for its part of a multipart form.
* ``x-forms`` of an operation whose body need not be one form: the media types of the possible forms, each
  with the fields that it lacks. Of a field: the forms that have it, if not all do.
* ``x-service-default``: the service's default for a field. It is not sent.
* ``x-methods`` of a path: the methods of OpenAPI 3.2's additional operations.
* ``x-server`` of an operation: the beginning of its URL, if that is not the client's endpoint.
* ``x-endpoint`` of a document: its servers.
* ``x-variants`` of a schema: the alternatives of a discriminator, by value.
* the types ``any`` (text, a number or a boolean), ``json`` (any value, written as JSON) and ``object`` of a
  parameter, and the location ``cookie``.
"""

from openapi_request_builders.documents.openapi3.document import lower

__all__ = ["lower"]
