"""What is asked all the time is answered from an index, however many calls are pending.

SQLite plans by the schema alone, so two calls show what a million would get.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from bot.domain.call import CallState
from bot.domain.cdr import CallId
from bot.domain.leg import Token
from bot.ports.ledger import Transaction
from storage.ledger import SqlLedger
from storage.tables import CALL
from tests.contract.ledger.conftest import Store
from tests.contract.ledger.samples import ASKER, DAY, LEASE, NOW, OWNER, ROOM, call, saved
from tests.contract.ledger.samples import event as said

pytestmark = pytest.mark.parametrize("address", ["sqlite"], indirect=True)

ASKED: dict[str, Callable[[Transaction], Any]] = {
    "claim": lambda tx: tx.claim(owner=OWNER, now=NOW, lease_until=NOW + LEASE, limit=5),
    "claim of a provider": lambda tx: tx.claim(
        owner=OWNER, now=NOW, lease_until=NOW + LEASE, limit=5, provider="plivo"
    ),
    "next moment": lambda tx: tx.next_moment(),
    "lapse": lambda tx: tx.lapse(NOW),
    "renew": lambda tx: tx.renew(owner=OWNER, until=NOW),
    "wakes": lambda tx: tx.wakes(NOW),
    "troubled": lambda tx: tx.troubled(NOW),
    "backgrounds": lambda tx: tx.backgrounds([(ASKER.key, ROOM.tenant)]),
    "calls held together": lambda tx: tx.calls([CallId("a"), CallId("b")]),
    "queued": lambda tx: tx.queued("plivo", since=NOW, until=NOW + LEASE),
    "usage": lambda tx: tx.usages([(ASKER.key, ROOM)], now=NOW, day_start=DAY),
    "list of a room": lambda tx: tx.calls_in(room=ROOM, states={CallState.SCHEDULED, CallState.HELD}),
    "history of a room": lambda tx: tx.calls_in(room=ROOM, states={CallState.DONE}, newest_first=True),
    "my calls": lambda tx: tx.calls_in(asker=ASKER.key, states={CallState.SCHEDULED}),
    "everybody's calls": lambda tx: tx.calls_in(tenant=ROOM.tenant, limit=10),
    "calls that run": lambda tx: tx.calls_in(states={CallState.STARTED}),
    "calls with a number": lambda tx: tx.calls_numbered(ROOM.tenant, 7),
    "call of a token": lambda tx: tx.call_of_token("t"),  # type: ignore[arg-type]
    "placement of a token": lambda tx: tx.placement("t"),  # type: ignore[arg-type]
    "an event again": lambda tx: tx.whose(said(Token("t"))),
    "notices": lambda tx: tx.notices_due("console", NOW),
    "inbox": lambda tx: tx.waiting_inbound("console"),
    "confirmations": lambda tx: tx.expired_confirmations(NOW),
    "recordings to fetch": lambda tx: tx.recordings_to_fetch(NOW),
}


@pytest.mark.parametrize("asked", ASKED)
async def test_no_table_is_read_from_end_to_end(store: Store, asked: str) -> None:
    ledger = store.another()
    await saved(ledger, call(), call(provider="plivo"))
    assert isinstance(ledger, SqlLedger)
    with plans_of(ledger) as plans:
        async with ledger() as tx:
            await ASKED[asked](tx)
    assert plans
    assert [step for step in plans if reads_everything(step)] == []


@contextmanager
def plans_of(ledger: SqlLedger) -> Iterator[list[str]]:
    """The plan of every statement that runs meanwhile."""
    plans: list[str] = []

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith(("SELECT", "UPDATE", "INSERT", "DELETE", "WITH")):
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(row[3] for row in cursor.fetchall())

    event.listen(ledger._door.engine, "before_cursor_execute", explain)
    yield plans


def reads_everything(step: str) -> bool:
    """`SCAN` of a table, unless by a partial index, which holds only what still waits."""
    words = step.split()
    names_table = len(words) > 1 and words[0] == "SCAN" and words[1] in TABLES
    return names_table and not any(name in step for name in PARTIAL)


TABLES = set(CALL.metadata.tables)
PARTIAL = {
    str(index.name)
    for table in CALL.metadata.tables.values()
    for index in table.indexes
    if index.dialect_options["sqlite"]["where"] is not None
} | {"room_turn"}
