"""The transports of both clients: urllib3 and aiohttp behind azure-core's interfaces.

===================================  =========================================================================
``_settings``                        the options of a connection: what they may be, and what ``None`` means
``_proxies``, ``_tls``               which proxy a URL goes through; which authorities are trusted
``_errors``, ``_hints``              azure-core's errors, without secrets; what to look at first
``_chunks``, ``_decoding``           ``Transfer-Encoding`` of the synchronous client; ``Content-Encoding``
``_response``                        what the responses of both clients share
``_base``                            what the transports of both clients share
``_connections``, ``_pool``          connections of the synchronous client, in use and kept
``_urllib3``                         the transport of the synchronous client
``_single_request``                  requests of the asynchronous client, which aiohttp must not repeat
``_aiohttp``                         the transport of the asynchronous client
===================================  =========================================================================

One attempt is one request: neither transport repeats, redirects or keeps cookies. An error says whether the
service can have seen the request. ``ServiceRequestError`` means that it cannot: no connection was made, or a
kept connection was found dead before anything was written to it. ``PermanentConnectionError``, a subclass,
adds that another attempt would fail in the same way; retries stop there. Everything else may have arrived.

A response body without a length ends with its connection. Over TLS, that is so without a ``close_notify``,
too: many servers send none, and asyncio does not tell.
"""
