"""How the schema came to be: one dated revision a change, from the first table on. `run.py` applies them.

A new one, after changing `storage/tables`: `python -m storage.migrations "what changes"`.
"""
