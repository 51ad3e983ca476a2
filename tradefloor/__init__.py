"""The program: settings, wiring, commands. The composition root."""
