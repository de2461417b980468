"""The emulator's command: its options from a shell, the environment and a file, and how it runs."""
