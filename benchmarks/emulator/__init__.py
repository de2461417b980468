"""How the emulator carries many clients: speed, memory, slow readers and sudden ends."""
