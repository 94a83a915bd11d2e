"""Measurements beside the alternatives: `make bench` prints them, `docs/benchmarks.md` explains them."""
