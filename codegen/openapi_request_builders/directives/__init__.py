"""Directives: changes that a configuration makes to documents before they are read."""
