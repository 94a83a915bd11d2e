"""Rooms that go on elsewhere."""

from sqlalchemy import Table, delete, select, update

from bot.domain.codec import encode
from bot.domain.people import Room
from storage.mapping import read
from storage.sql.work import Work, rewrites
from storage.tables import BINDING, CALL, FORWARD, LEG, NOTICE, ORDER, QUESTION, RECORDING

KEYED = (CALL, QUESTION)
"""Tables with a room and its key."""
WITH_ROOM = (ORDER, FORWARD, RECORDING)
"""Tables with a room of a tenant, not searched by it."""


class SqlRooms(Work):
    """`RoomTable`. A thread stays behind: what is moved is the room itself."""

    @rewrites
    def move_room(self, before: Room, after: Room) -> None:
        new = {"room": encode(after), "room_key": after.key}
        for table in KEYED:
            self._execute(update(table).where(table.c.room_key == before.key).values(new))
        self._execute(update(LEG).where(LEG.c.room_key == before.key).values(room_key=after.key))
        # References to messages belong to the old room.
        self._execute(update(NOTICE).where(NOTICE.c.room_key == before.key).values({**new, "ref": None}))
        for table in WITH_ROOM:
            self._move_unkeyed(table, before, after)
        self._move_bindings(before, after)

    def _move_unkeyed(self, table: Table, before: Room, after: Room) -> None:
        keys = list(table.primary_key)
        for row in self._rows(select(*keys, table.c.room).where(table.c.tenant == before.tenant)):
            if read(Room, row["room"]).key == before.key:
                it = [key == row[key.name] for key in keys]
                self._execute(update(table).where(*it).values(room=encode(after)))

    def _move_bindings(self, before: Room, after: Room) -> None:
        rows = self._rows(select(BINDING).where(BINDING.c.room_key == before.key))
        self._execute(delete(BINDING).where(BINDING.c.room_key == before.key))
        for row in rows:
            self._upsert(BINDING, {**row, "room_key": after.key, "room": encode(after)})
