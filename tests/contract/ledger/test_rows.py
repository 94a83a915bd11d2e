"""Every field of what is remembered has its column; what else a row has is known here and said at the row."""

from dataclasses import fields
from typing import Any

import pytest
from sqlalchemy import Table

from bot.domain.call import Call, Placement, ScheduledCall
from bot.domain.cdr import CallDetailRecord
from bot.domain.forwarding import Forward
from bot.domain.leg import LegEvent
from bot.domain.numbers import Did
from bot.domain.people import Contact, Person
from bot.domain.question import OpenQuestion
from bot.domain.recording import Recording
from bot.ports.ledger import LoggedVerdict
from storage import tables

ROWS: list[tuple[type, Table, str]] = [
    (ScheduledCall, tables.ORDER, "tenant"),
    (Call, tables.CALL, "tenant room_key owner lease_until unplaced"),
    (Placement, tables.PLACEMENT, "position role asker owner watch_at"),
    (LegEvent, tables.LEG_EVENT, "id call received_at"),
    (CallDetailRecord, tables.CDR, ""),
    (Person, tables.PERSON, "tenant"),
    (Contact, tables.CONTACT, "name_key"),
    (Did, tables.DID, "tenant key"),
    (Forward, tables.FORWARD, "tenant key"),
    (OpenQuestion, tables.QUESTION, "room_key"),
    (Recording, tables.RECORDING, "tenant"),
    (LoggedVerdict, tables.VERDICT, "id"),
]
ROWS_OF_THEIR_OWN = {Call: {"placements", "legs"}}


@pytest.mark.parametrize(("type_", "table", "extra"), ROWS, ids=[table.name for _, table, _ in ROWS])
def test_fields_and_columns_agree(type_: Any, table: Table, extra: str) -> None:
    named = {field.name for field in fields(type_)}
    columns = {column.name for column in table.c}
    assert named - columns == ROWS_OF_THEIR_OWN.get(type_, set())
    assert columns - named == set(extra.split())
