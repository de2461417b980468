"""The project's tests. A package, so that tests can import what serves them all, such as `tests.faults`."""
