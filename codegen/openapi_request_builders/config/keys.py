"""The keys of a configuration."""

from collections.abc import Mapping

# The keys that have an effect, each with the type of its value.
KEYS: Mapping[str, type] = {
    "batch": list,
    "body-overloads": bool,
    "clear-output-folder": bool,
    "client-side-validation": bool,
    "directive": list,
    "hook": str,
    "input-file": list,
    "keep-parameter-order": bool,
    "license-header": str,
    "namespace": str,
    "no-namespace-folders": bool,
    "operation-groups": bool,
    "output-folder": str,
    "package-name": str,
    "package-version": str,
    "require": list,
    "samples": bool,
    "serialization-module": str,
    "tag": str,
    "title": str,
    "try-require": list,
}
# Sections for the generators of other languages and tools.
# fmt: off
OTHER_GENERATORS = frozenset((
    "ansible", "az", "azureresourceschema", "cli", "cpp", "csharp", "go", "graphrbac", "java",
    "markdown", "nodejs", "php", "postman", "powershell", "ruby", "swift", "terraform", "trenton",
    "typescript", "validation",
))
# fmt: on
# Keys of AutoRest that have nothing to do with requests. Unknown keys are ignored, too, but may be misspelt.
# fmt: off
WITHOUT_EFFECT = frozenset((
    "add-credential", "add-credentials", "azure-arm", "azure-validator", "basic-setup-py", "black",
    "combine-operation-files", "commit", "credential-default-policy-type", "credential-key-header-name",
    "credential-scopes", "credential-types", "declare-directive", "default-api-version", "description",
    "disable-async-iterators", "enable-xml", "flatten-models", "from-typespec", "generate-metadata",
    "generate-sample", "generate-samples", "generate-test", "head-as-boolean", "keep-setup-py",
    "keep-version-file", "low-level-client", "model-namespace", "model-validator", "modelerfour",
    "models-mode", "multiapi", "multiapiscript", "multiapiscript-actions", "no-async", "no-telemetry",
    "only-path-and-body-params-positional", "only-path-params-positional", "openapi-subtype",
    "openapi-type", "output-artifact", "override-client-name", "package-mode", "package-pprint-name",
    "payload-flattening-threshold", "perform-load", "profile", "public-clients", "python",
    "python-mode", "python-sdks-folder", "python3-only", "security", "security-header-name",
    "security-scopes", "show-operations", "skip-semantics-validation", "suppressions", "swagger-to-sdk",
    "sync-methods", "testgen", "tracing", "use", "use-extension", "v3", "vanilla", "vendor", "verbose",
    "version-tolerant", "want-operation-metadata",
))
# fmt: on
_MIT = "Copyright (c) Microsoft Corporation. All rights reserved.\nLicensed under the MIT License."
_APACHE = "Copyright (c) Microsoft Corporation. All rights reserved.\nLicensed under the Apache License 2.0."
# AutoRest's names for license headers. Any other value is the text itself.
LICENSES: Mapping[str, str] = {
    "MICROSOFT_APACHE": _APACHE,
    "MICROSOFT_MIT": _MIT,
    "MICROSOFT_MIT_SMALL": _MIT,
    "NONE": "",
}
