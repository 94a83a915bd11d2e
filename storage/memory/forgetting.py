"""Taking somebody out of what is otherwise never changed, in memory."""

from collections.abc import Callable
from dataclasses import replace

from bot.domain.cdr import CallId
from bot.domain.leg import LegEvent
from storage.memory.work import Work


class MemoryForgetting(Work):
    """`ForgettingTable`."""

    async def rewrite_events(self, call: CallId, change: Callable[[LegEvent], LegEvent]) -> None:
        events = (await self._change()).events
        for key, (of, event, at) in list(events.items()):
            if of == call:
                events.put(key, (of, change(event), at))

    async def rewrite_words(self, asker: str, change: Callable[[str], str]) -> None:
        shelves = await self._change()
        for source, entry in list(shelves.inbox.items()):
            if entry.delivered and entry.inbound.asker.key == asker and entry.reply is not None:
                said = None if entry.inbound.text is None else change(entry.inbound.text)
                answered = replace(entry.reply, text=change(entry.reply.text), buttons=())
                inbound = replace(entry.inbound, text=said)
                shelves.inbox.put(source, replace(entry, inbound=inbound, reply=answered))
        for id, question in list(shelves.questions.items()):
            if question.asker == asker and question.closed:
                shelves.questions.put(id, question.reworded(change))
