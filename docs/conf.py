"""Sphinx's configuration. ``nox -s docs`` builds the site, without a network and with warnings as errors."""

import sys
from pathlib import Path

from azure.messaging.webpubsubservice import VERSION

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "azure-messaging-webpubsubservice"
release = version = VERSION
copyright = "The azure-messaging-webpubsubservice authors"  # noqa: A001 - Sphinx's name

extensions = [
    "azure_core",
    "field_types",
    "myst_parser",
    "operations",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",  # copies a block, without prompts and output
    "sphinx_design",  # folds whole programs
]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"Web PubSub for servers, {VERSION}"
html_copy_source = False
html_extra_path = ["llms.txt", "../azure/messaging/webpubsubservice/USAGE.md"]  # for coding assistants

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True
copybutton_remove_prompts = True

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_default_options = {"members": True}
autodoc_class_signature = "mixed"
python_maximum_signature_line_length = 80
python_use_unqualified_type_names = True
add_module_names = False

# Names of other projects, whose inventories a build without a network cannot fetch; and private bases.
nitpick_ignore_regex = [
    ("py:.*", r"(azure\.core|collections|datetime|enum|logging|os|ssl|typing|typing_extensions)\..*"),
    ("py:class", r"(Async)?TokenCredentialT?|AzureKeyCredential|HttpRequest|(Async)?HttpResponse|timedelta"),
    ("py:class", r"(Async)?ItemPaged|tuple\[str"),
    ("py:class", r"RequestOptions|Mapping\[str"),
    # Aliases and protocols that only say what is accepted: a list, one of three names.
    ("py:class", r"(.*\.)?(AnyHandler|Content|Items|ListRequest|Texts|ClientProtocol|DataType|Sending)"),
    ("py:attr", r"connection_state"),
    ("py:class", r"(.*\.)?(_\w+|[A-Z])"),
]
