"""OpenAPI 3.0, 3.1 and 3.2 documents, lowered to the OpenAPI 2.0 tree that the later stages read.

Lowering happens once, where documents are loaded, so no later stage knows which version a document has. What
OpenAPI 2.0 has no words for is written as extensions of these names:

* ``x-openapi`` of a document: the version that it was written in.
* ``x-place`` and ``x-places``: where an object, or one of its members, stands in the document, for errors.
* ``x-style``, ``x-explode`` and ``x-reserved`` of a parameter, where ``collectionFormat`` says too little.
* ``x-any-of``: the alternatives of a parameter's value; ``x-required``: the members that an object must have.
* ``x-extensible`` of an enumeration: other values are allowed too.
* ``x-media-types`` of a form field: the content types that its part of a multipart form may have.
* ``x-forms`` of an operation whose body may be several things: the media types of the forms that it may be,
  each with the fields that it lacks; and of a field: the forms that have it, if not all do.
* ``x-service-default``: what the service assumes for a field that is left out, and that is not sent.
* ``x-methods`` of a path: the methods of OpenAPI 3.2's additional operations.
* ``x-server`` of an operation: what its URL begins with, if that is not the client's endpoint.
* ``x-endpoint`` of a document: its servers.
* ``x-variants`` of a schema: the alternatives that a discriminator tells apart, by its value.
* the types ``any`` (text, a number or a boolean), ``json`` (any value, written as JSON) and ``object`` of a
  parameter, and the location ``cookie``.
"""

from openapi_request_builders.documents.openapi3.document import lower

__all__ = ["lower"]
