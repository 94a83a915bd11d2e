"""Rooms that go on elsewhere, in memory."""

from dataclasses import replace
from typing import Any

from bot.domain.people import Room
from storage.memory.store import Shelf
from storage.memory.work import Work


class MemoryRooms(Work):
    """`RoomTable`."""

    async def move_room(self, before: Room, after: Room) -> None:
        shelves = await self._change()
        kept: tuple[Shelf[Any, Any], ...] = (
            shelves.calls,
            shelves.orders,
            shelves.questions,
            shelves.forwards,
            shelves.recordings,
        )
        for shelf in kept:
            for key, value in list(shelf.items()):
                if value.room.key == before.key:
                    shelf.put(key, replace(value, room=after))
        for id, row in list(shelves.notices.items()):
            if row.notice.room.key == before.key:
                shelves.notices.put(id, replace(row, notice=replace(row.notice, room=after, ref=None)))
        for key, (room, did) in list(shelves.bindings.items()):
            if room.key == before.key:
                shelves.bindings.take(key)
                shelves.bindings.put((key[0], after.key, *key[2:]), (after, did))
