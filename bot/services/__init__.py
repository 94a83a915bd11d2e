"""Async use cases. They know the ports and never a vendor."""
