"""Request builders from OpenAPI 2.0 documents: ``python -m codegen --help``.

A pipeline of pure functions, with the disk at its edge::

    config -> load -> resolve -> model -> render -> format

``config`` reads the literate configuration, with the conditions of ``guards``. ``load`` reads the
documents, has ``directives`` change them (``jsonpath``, ``script``) and checks them against OpenAPI's
schema; ``resolve`` follows references. ``model`` is what is generated, with final names; ``assemble`` makes
it of ``sources``, from ``shapes`` of parameters, ``patterns``, ``samples`` of bodies, ``names`` and
``versions``. ``render`` fills the templates, ``format`` runs ruff, ``output`` compares and writes. What is
wrong with the input is gathered as ``problems``.
"""
