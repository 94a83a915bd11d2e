"""Sentences put together from parts, for everything that must hold whatever is said."""

from dataclasses import dataclass

from hypothesis import strategies as st

TARGETS = (
    "amy",
    "kai lim",
    "dr lim",
    "+65 9123 4567",
    "6123 4567",
    "(415) 555-0101".replace("(415)", "+1 (415)"),
    "sip:bob@x.example",
    "may",
    "sunny",
    "ines and theo",
    "amy, arun & theo",
)
WHENS = (
    "at 23:59",
    "at 9pm",
    "tomorrow at 9am",
    "tomorrow 0900",
    "on friday at noon",
    "in 20 minutes",
    "in an hour and a half",
    "on 12 march 2027 at 09:00",
    "2026-05-01 08:15",
    "at 8 in the evening",
    "tonight at 9",
    "at half past 3 pm",
    "at 9am London time",
    "next monday at 7:30am",
    "every weekday at 08:30",
    "every other friday at 5pm",
    "daily at 20:00 until 30 june",
    "on the 1st of every month at 9am",
    "every monday and thursday at 18:45, 5 times",
)
OPTIONS = (
    "via plivo",
    "from +6561239999",
    "max 10 minutes",
    "ring for 20 seconds",
    "record it",
    "in room standup",
)
STEPS = (
    "patch me in",
    'say "see you at 5pm tomorrow"',
    "play https://a.example/91234567/2026-03-10.mp3 twice",
    "wait 2 seconds",
    "press 1w2W3#",
)
FILLER = ("please", "hey", "can you", "just", "thanks", "i want you to", "kindly")


@dataclass(frozen=True)
class Sentence:
    """A call in pieces: `clauses` may stand in any order around each other, `steps` keep theirs."""

    target: str
    clauses: tuple[str, ...]
    steps: tuple[str, ...]

    def text(self, glue: str = ", ") -> str:
        """The pieces in the usual order."""
        return glue.join((f"call {self.target}", *self.clauses, *self.steps))


sentences = st.builds(
    Sentence,
    target=st.sampled_from(TARGETS),
    clauses=st.tuples(
        st.one_of(st.none(), st.sampled_from(WHENS)),
        st.lists(st.sampled_from(OPTIONS), unique_by=lambda option: option.split()[0], max_size=3),
    ).map(lambda pair: tuple(filter(None, (pair[0], *pair[1])))),
    steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=3, unique=True).map(tuple),
)
