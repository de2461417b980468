"""Every regular expression of the package, the emulator and the generator takes linear time."""
