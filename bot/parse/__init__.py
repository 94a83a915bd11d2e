"""Text in, `Command | Question | Problem` out. Pure: no clock, no I/O; `parser.py` is the way in."""
