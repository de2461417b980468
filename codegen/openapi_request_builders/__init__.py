"""Request builders from OpenAPI documents: ``openapi-request-builders --help``.

A pipeline of pure functions, with file access only at its ends::

    config -> directives -> documents -> model -> write

Each of these is a folder, and imports only those before it:

* ``config`` reads the literate configuration and evaluates the conditions of its blocks.
* ``directives`` changes documents as the configuration says.
* ``documents`` loads documents, checks them and follows their references.
* ``model`` decides what to generate, with final names.
* ``write`` fills ``templates``, formats the result, and compares or writes it.

``problems`` describes what is wrong with the input, and ``parse`` reads JSON and YAML. ``pipeline`` runs the
stages, and ``command`` is the command line.
"""
