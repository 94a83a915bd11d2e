"""The ledger's tables in SQL: one file per protocol of `bot/ports/ledger.py`, all on one `Work`."""
