"""The emulator's command: options from the command line, the environment and a file, and the main loop."""
