"""Links to the documentation of azure-core, whose inventory a build without a network cannot fetch."""

from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

PAGES = "https://learn.microsoft.com/python/api/azure-core"

# Annotations name a class without its module, or with the private module that defines it.
MODULES = {
    "AsyncHttpResponse": "azure.core.rest",
    "AsyncItemPaged": "azure.core.async_paging",
    "AsyncTokenCredential": "azure.core.credentials_async",
    "AzureKeyCredential": "azure.core.credentials",
    "HttpRequest": "azure.core.rest",
    "HttpResponse": "azure.core.rest",
    "ItemPaged": "azure.core.paging",
    "TokenCredential": "azure.core.credentials",
}


def page_of(target: str) -> str | None:
    """Return the address of the page of a class, or ``None`` if it is not one of azure-core's."""
    module, _, name = target.rpartition(".")
    module = MODULES.get(name, module)
    return f"{PAGES}/{module}.{name}".lower() if module.startswith("azure.core") else None


def resolve(
    _app: "Sphinx", _environment: "BuildEnvironment", reference: "pending_xref", text: nodes.TextElement
) -> nodes.reference | None:
    """Link a reference that Sphinx cannot resolve, if it is to azure-core."""
    page = page_of(reference.get("reftarget", "")) if reference.get("refdomain") == "py" else None
    return None if page is None else nodes.reference("", "", text, internal=False, refuri=page)


def setup(app: "Sphinx") -> dict[str, Any]:
    """Register the resolver."""
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
