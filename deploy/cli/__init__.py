"""The nopsa command: one module per group of commands, joined in `main`."""
