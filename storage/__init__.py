"""What Patchline remembers: the ledger of `bot/ports/ledger.py` on SQLite and PostgreSQL, and in memory."""
