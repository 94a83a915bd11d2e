"""SQLModel rows: columns, keys and indexes; no behaviour. `mapping.py` turns them into domain values.

Every column that is not in the domain type is said in its row's docstring. Statements use the plain tables.
"""

from sqlmodel import SQLModel

from storage.tables.calls import CALL, CDR, CHARGE, COUNTER, LEG, LEG_EVENT, ORDER, PLACEMENT, RATE, TURN
from storage.tables.chat import INBOX, NOTICE, QUESTION
from storage.tables.people import BINDING, CONTACT, DID, FORWARD, PERSON, PREFIX
from storage.tables.records import RECORDING, VERDICT

METADATA = SQLModel.metadata

__all__ = [
    "BINDING",
    "CALL",
    "CDR",
    "CHARGE",
    "CONTACT",
    "COUNTER",
    "DID",
    "FORWARD",
    "INBOX",
    "LEG",
    "LEG_EVENT",
    "METADATA",
    "NOTICE",
    "ORDER",
    "PERSON",
    "PLACEMENT",
    "PREFIX",
    "QUESTION",
    "RATE",
    "RECORDING",
    "TURN",
    "VERDICT",
]
