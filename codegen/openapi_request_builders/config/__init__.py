"""The configuration: blocks of YAML and JSON in a Markdown file, as AutoRest reads them."""
