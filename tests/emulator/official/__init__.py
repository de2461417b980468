"""The service's own packages, unmodified, against the emulator."""
