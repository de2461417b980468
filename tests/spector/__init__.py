"""What generated builders send to Spector, the mock server by which TypeSpec's own emitters are judged.

``emit.mjs`` emits OpenAPI 3 documents of its specifications and lists the requests that the scenarios expect,
``calls`` finds the builder and the arguments for each, ``run`` sends them and prints the server's judgement.
"""
