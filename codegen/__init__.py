"""Request builders from OpenAPI 2.0 documents: ``python -m codegen --help``.

A pipeline of pure functions, with the disk at its edge::

    config -> load -> resolve -> model -> render -> format

``config`` reads the literate configuration, ``load`` and ``resolve`` turn documents into one checked tree,
``model`` gives every operation its final names, ``render`` fills the templates and ``format`` runs ruff.
"""
