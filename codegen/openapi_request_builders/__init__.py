"""Request builders from OpenAPI documents: ``openapi-request-builders --help``.

A pipeline of pure functions, with the disk at its edge::

    config -> directives -> documents -> model -> write

Each of these is a folder, and imports only those before it:

* ``config`` reads the literate configuration and the conditions of its blocks.
* ``directives`` changes documents as a configuration says.
* ``documents`` loads documents, checks them and follows their references.
* ``model`` decides what is generated, with final names.
* ``write`` fills ``templates``, formats the result, and compares or writes it.

``problems`` says what is wrong with the input, and ``parse`` reads JSON and YAML. ``pipeline`` puts the
stages together, and ``command`` is the command line.
"""
