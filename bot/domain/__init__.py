"""Pure decisions: data in, data out. No clock, no I/O, no framework."""
