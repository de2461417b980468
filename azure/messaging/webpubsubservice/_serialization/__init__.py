"""Turn a builder's arguments into an HTTP request.

A builder describes its request as data: for each part, the names on the wire in order, each with its
parameter, which knows the rules, and with the caller's value. :func:`request` checks the values and writes
them.

Text, numbers, booleans and lists of them are written here. Generated code imports the other modules only if
an operation needs them: ``formats`` (dates, times, durations and base64, written by msrest and isodate),
``forms`` (multipart forms, written by urllib3), ``form_bodies`` (bodies that may be a form), ``schemas``
(objects, alternatives and JSON) and ``styles`` (the styles of OpenAPI 3, and cookies).
"""

from ._body import Body, Content
from ._calls import explain_calls
from ._headers import Headers
from ._kinds import Array, Boolean, Integer, Number, PrefixedHeaders, Text
from ._lists import Items, ListRequest, list_request
from ._request import request
from ._versions import Absent, ApiVersion

__all__ = [
    "Absent",
    "ApiVersion",
    "Array",
    "Body",
    "Boolean",
    "Content",
    "Headers",
    "Integer",
    "Items",
    "ListRequest",
    "Number",
    "PrefixedHeaders",
    "Text",
    "explain_calls",
    "list_request",
    "request",
]
