"""What generated builders send, judged by the documents that they come from: ``nox -s documents -- FOLDER``.

Nothing here shares code with the generator or with what its output needs at run time. ``reader`` reads
documents. ``values`` makes values for parameters, and ``wire`` says what these must become in a request.
``builders`` finds the functions that were generated, ``compare`` calls them, and ``run`` does all of it.
"""
