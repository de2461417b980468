"""Event handlers over HTTP: their settings, CloudEvents on the wire, and the calls to them."""
