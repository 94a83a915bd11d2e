"""The table of everything people may say: one row per verb. Reading, help, completion and the docs come from it.

A row's `says` are the words that begin the verb; the longest that fits is tried first.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from bot.parse import read_book, read_calls, read_forward, read_live, read_manage
from bot.parse.heads import Head
from bot.parse.parts import Parts
from bot.parse.reader import Reader
from bot.parse.words import rx

Read = Callable[[Reader, re.Match[str]], Head | None]
ReadWithParts = Callable[[Reader, re.Match[str], Parts], Head | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """`says`: patterns with their readers. `forms` and `examples` are for people.

    In examples `{a}`, `{b}`, `{c}` are contacts, `{number}` a number, `{own}` one of ours, `{provider}` a provider.
    """

    name: str
    group: str
    summary: str
    forms: tuple[str, ...]
    examples: tuple[str, ...]
    says: tuple[tuple[str, Read | ReadWithParts], ...]
    words: tuple[str, ...] = ()
    """What this verb is looked up by in `help …`, and completed to."""


_URL: Final = "https://example.com/song.mp3"

VERBS: Final[tuple[Verb, ...]] = (
    Verb(
        name="call",
        group="Calls",
        summary="Ring somebody. Without a step your own phone rings first; with steps exactly those run.",
        forms=(
            "call WHOM [and STEP …] [WHEN] [OPTION …]",
            "give WHOM a call · connect me to WHOM · patch me in with WHOM",
            "play LINK to WHOM · say WORDS to WHOM · record a call with WHOM",
        ),
        examples=(
            "call {a} at 23:59 and patch me in",
            "call {number}, play " + _URL + ', say "happy birthday", patch me in',
            'call {a} tomorrow 9am, if voicemail say "I\'ll try again" and hang up',
            "call {b} every weekday at 08:30 via {provider}, max 10 minutes",
        ),
        says=(
            (r"call|phone|dial|ring up", read_calls.read_call),
            (r"ring", read_calls.read_ring),
            (
                r"(?:connect|patch|put|bridge) me(?: through| in)? (?:to|with)|put (?:a )?call through to",
                read_calls.read_call,
            ),
            (
                r"(?:make|schedule|place|book|set up|arrange)(?: a| me a)?(?: phone)? call(?= )(?: (?:to|with|for|between))?",
                read_calls.read_call,
            ),
            (r"give", read_calls.read_give),
            (
                r"record a(?: phone)? call (?:with|to)|record my call (?:with|to)",
                read_calls.read_recorded_call,
            ),
            (r"(?:say|speak|announce|tell (?:him|her|them|everyone)(?: that)?):?", read_calls.read_say),
            (r"play(?: (?:the|a|an) (?:song|file|message|recording|clip|greeting))?", read_calls.read_play),
        ),
        words=("call", "ring", "phone", "dial", "play", "say"),
    ),
    Verb(
        name="conference",
        group="Calls",
        summary="Ring several people at once into one conference.",
        forms=("conference WHOM, WHOM … [WHEN] [OPTION …]", "get WHOM, WHOM on a conference call"),
        examples=(
            "conference {a}, {b} and me",
            "conference {a} and {b} tomorrow 9am",
            "three-way call with {a} and {b}",
        ),
        says=(
            (
                r"conference(?: call)?(?: (?:with|between|for|of))?|conf(?: call)?(?: (?:with|between))?"
                r"|(?:three|3|four|4)[ -]way(?: call)?(?: (?:with|between))?|bridge"
                r"|(?:set up|start|make|create|begin|open|schedule|host|arrange)(?: a| the| me a)? (?:conference|conf|(?:three|3)[ -]way)(?: call)?"
                r"(?: (?:with|between|for|of))?",
                read_calls.read_conference,
            ),
            (r"get", read_calls.read_get_on_conference),
        ),
        words=("conference", "conf", "bridge"),
    ),
    Verb(
        name="remind",
        group="Calls",
        summary="Ring you and say what you asked for, twice.",
        forms=("remind me to WORDS WHEN", "WHEN remind me to WORDS"),
        examples=("remind me to call the bank at 5pm", "remind me every friday at 17:00 to send the report"),
        says=((r"remind me|set a reminder(?: for me)?", read_calls.read_remind),),
        words=("remind me",),
    ),
    Verb(
        name="forward",
        group="Forwarding",
        summary="What happens to calls to one of our numbers: ring these, then those, then voicemail.",
        forms=(
            "forward OWN to WHOM [for DURATION], then WHOM …, then voicemail",
            "when someone calls OWN, forward to WHOM …",
            "send calls to OWN straight to voicemail",
        ),
        examples=("forward {own} to {a} for 20 seconds, then {b}, then voicemail",),
        says=(
            (r"(?:forward|divert|redirect|route)", read_forward.read_forward),
            (
                r"(?:when|if|whenever) (?:someone|somebody|anyone|anybody|people|a caller|they) (?:calls?|rings?|dials?|phones?)",
                read_forward.read_when_called,
            ),
            (r"send(?: all)?(?: my)?(?: incoming)? calls (?:to|for|on|from)", read_forward.read_when_called),
        ),
        words=("forward",),
    ),
    Verb(
        name="unforward",
        group="Forwarding",
        summary="Stop forwarding a number.",
        forms=("stop forwarding OWN", "unforward OWN"),
        examples=("stop forwarding {own}",),
        says=(
            (
                r"(?:stop|end) forwarding(?: calls)?(?: (?:on|of|for|from|to))?|unforward"
                r"|(?:remove|delete|cancel|clear|turn off|stop) (?:the )?forward(?:ing|s)?(?: (?:on|of|for|from))?",
                read_forward.read_unforward,
            ),
        ),
        words=("stop forwarding", "unforward"),
    ),
    Verb(
        name="forwards",
        group="Forwarding",
        summary="Show what is forwarded where.",
        forms=("list forwards",),
        examples=("list forwards",),
        says=(
            (
                r"(?:list|show)(?: me)?(?: my| all| the)? forward(?:s|ings?)|forwards|forwardings",
                read_forward.read_list_forwards,
            ),
        ),
        words=("list forwards", "forwards"),
    ),
    Verb(
        name="cancel",
        group="Scheduled calls",
        summary="Cancel calls by number, or all of yours in this room.",
        forms=("cancel ID …", "cancel all"),
        examples=("cancel 12", "cancel 12 13", "cancel all"),
        says=((r"cancel|delete|call off|abort", read_manage.read_cancel),),
        words=("cancel",),
    ),
    Verb(
        name="reschedule",
        group="Scheduled calls",
        summary="Move a call to another time, or by some minutes.",
        forms=("reschedule ID to WHEN", "postpone ID by DURATION", "move ID DURATION earlier"),
        examples=("reschedule 7 to 8:30pm", "postpone 12 by 10 minutes", "move 12 an hour earlier"),
        says=(
            (
                r"reschedule|move|push(?: back)?|postpone|delay|change(?= (?:call |job )?#?\d)",
                read_manage.read_reschedule,
            ),
        ),
        words=("reschedule", "move", "postpone", "delay"),
    ),
    Verb(
        name="skip",
        group="Scheduled calls",
        summary="Leave out the next run of a repeating call.",
        forms=("skip the next run of ID",),
        examples=("skip the next run of 12",),
        says=(
            (
                r"skip(?: (?:the )?next(?: (?:run|one|call|occurrence|time|instance))?(?: (?:of|for|on))?)?",
                read_manage.read_skip,
            ),
        ),
        words=("skip the next run of",),
    ),
    Verb(
        name="list",
        group="Scheduled calls",
        summary="Show what is scheduled.",
        forms=("list", "what's scheduled"),
        examples=("list",),
        says=(
            (
                r"list(?: (?:all |me )?(?:my |the )?(?:scheduled |upcoming |pending )?(?:calls|jobs))?|scheduled(?: calls)?|upcoming(?: calls)?"
                r"|show(?: me)?(?: my| all| the)*(?: scheduled| upcoming| pending) calls|show(?: me)?(?: my| all| the)+ calls|show calls"
                r"|(?:what is|what's|whats) (?:scheduled|upcoming|coming up|planned)|my (?:scheduled |upcoming )?calls|agenda",
                read_manage.read_list,
            ),
        ),
        words=("list", "scheduled", "what's scheduled"),
    ),
    Verb(
        name="status",
        group="Scheduled calls",
        summary="How calls are going.",
        forms=("status", "status ID …"),
        examples=("status", "status 12"),
        says=((r"(?:what's the |show |get )?status(?: of)?", read_manage.read_status),),
        words=("status",),
    ),
    Verb(
        name="history",
        group="Past calls and prices",
        summary="Past calls.",
        forms=("history [page N]", "history with WHOM", "last N calls"),
        examples=("history", "history with {a}", "last 5 calls"),
        says=(
            (r"(?:show |my |call |the )*history", read_manage.read_history),
            (r"(?:show )?(?:me )?(?:the |my )?last (?:\d{1,3}|\w+) calls", read_manage.read_last_calls),
        ),
        words=("history",),
    ),
    Verb(
        name="rate",
        group="Past calls and prices",
        summary="What a call costs.",
        forms=("rate WHOM", "how much does it cost to call WHOM"),
        examples=("rate {number}", "how much to call {a}"),
        says=(
            (
                r"rates?(?: (?:for|of|to))?|how much(?: does it cost| is it| would it cost| does it| it costs)?(?: to call| is a call to| for a call to| for calling| calling)"
                r"|how much (?:does|is|would) a call to|(?:the |what's the |what is the )?(?:price|cost|rate) (?:of|for|to) (?:calling|a call to|call)|what does it cost to call",
                read_manage.read_rate,
            ),
        ),
        words=("rate",),
    ),
    Verb(
        name="balance",
        group="Past calls and prices",
        summary="The credit left with the provider.",
        forms=("balance",),
        examples=("balance",),
        says=(
            (
                r"(?:what's |what is |show |my |the |check )*(?:account )?balance|credit",
                read_manage.read_balance,
            ),
        ),
        words=("balance",),
    ),
    Verb(
        name="undo",
        group="Scheduled calls",
        summary="Take back what you ordered last.",
        forms=("undo",),
        examples=("undo",),
        says=((r"undo(?: that| it| the last(?: one)?| last)?", read_manage.read_undo),),
        words=("undo",),
    ),
    Verb(
        name="hangup",
        group="During a call",
        summary="End a running call, or one party's leg.",
        forms=("hang up [WHOM | ID | all calls]",),
        examples=("hang up", "hang up on {a}", "hang up all calls"),
        says=(
            (
                r"hang ?up(?: on)?|end(?= (?:the |this |that )?(?:call|conference)| all| #?\d)|disconnect",
                read_live.read_hang_up,
            ),
        ),
        words=("hang up", "end call", "disconnect"),
    ),
    Verb(
        name="mute",
        group="During a call",
        summary="Mute somebody, or everyone.",
        forms=("mute WHOM | everyone",),
        examples=("mute {a}", "mute everyone"),
        says=((r"mute", read_live.read_mute),),
        words=("mute",),
    ),
    Verb(
        name="unmute",
        group="During a call",
        summary="Undo a mute.",
        forms=("unmute WHOM | everyone",),
        examples=("unmute {a}",),
        says=((r"un-?mute", read_live.read_unmute),),
        words=("unmute",),
    ),
    Verb(
        name="hold",
        group="During a call",
        summary="Put somebody on hold.",
        forms=("hold", "put WHOM on hold"),
        examples=("put {a} on hold",),
        says=((r"hold", read_live.read_hold), (r"put", read_live.read_put_on_hold)),
        words=("hold", "put on hold"),
    ),
    Verb(
        name="unhold",
        group="During a call",
        summary="Take somebody off hold.",
        forms=("take WHOM off hold", "unhold WHOM"),
        examples=("take {a} off hold",),
        says=((r"un-?hold|resume", read_live.read_unhold), (r"take", read_live.read_take_off_hold)),
        words=("unhold",),
    ),
    Verb(
        name="add",
        group="During a call",
        summary="Bring somebody into the running call.",
        forms=("add WHOM [to ID]",),
        examples=("add {b}", "add {b} to 12"),
        says=((r"add", read_live.read_add),),
        words=("add",),
    ),
    Verb(
        name="kick",
        group="During a call",
        summary="Take somebody out of the running call.",
        forms=("kick WHOM [from ID]", "drop WHOM [from ID]"),
        examples=("kick {b}",),
        says=((r"kick(?: out)?|remove|drop", read_live.read_kick),),
        words=("kick", "remove", "drop"),
    ),
    Verb(
        name="transfer",
        group="During a call",
        summary="Hand the running call over to somebody else.",
        forms=("transfer [ID] to WHOM",),
        examples=("transfer to {b}", "transfer 12 to {b}"),
        says=((r"transfer", read_live.read_transfer),),
        words=("transfer",),
    ),
    Verb(
        name="record",
        group="During a call",
        summary="Recording on or off in a running call; the notice is always spoken first.",
        forms=("start recording [ID]", "stop recording [ID]", "record ID"),
        examples=("start recording", "stop recording 12"),
        says=(
            (r"(?:start|begin|resume|turn on) recording", read_live.read_start_recording),
            (r"(?:stop|end|pause|turn off) recording", read_live.read_stop_recording),
            (r"record", read_live.read_record),
        ),
        words=("start recording", "stop recording", "record"),
    ),
    Verb(
        name="digits",
        group="During a call",
        summary="Press keys in a running call. w waits half a second, W a whole one.",
        forms=("press KEYS on ID",),
        examples=("press 1w2# on 12",),
        says=(
            (
                r"press|send (?:the )?(?:digits?|dtmf|tones?|keys?)|dial (?:the )?digits?",
                read_calls.read_press,
            ),
        ),
        words=("press", "send digits"),
    ),
    Verb(
        name="stop_play",
        group="During a call",
        summary="Stop what is being played.",
        forms=("stop playing [on ID]",),
        examples=("stop playing",),
        says=((r"stop (?:playing|the music|playback|music|play)", read_live.read_stop_playing),),
        words=("stop playing",),
    ),
    Verb(
        name="voicemail",
        group="Voicemail",
        summary="The messages people left.",
        forms=("voicemail",),
        examples=("voicemail",),
        says=(
            (r"(?:check |show |list |my |the |get )*voice ?mails?(?: messages?)?", read_book.read_voicemails),
        ),
        words=("voicemail",),
    ),
    Verb(
        name="voicemail.delete",
        group="Voicemail",
        summary="Delete a message, here and at the provider.",
        forms=("delete voicemail ID",),
        examples=("delete voicemail 14",),
        says=(
            (
                r"(?:delete|remove|erase) (?:the )?voice ?mail(?: (?:of|from))?",
                read_book.read_delete_voicemail,
            ),
        ),
        words=("delete voicemail",),
    ),
    Verb(
        name="contact.add",
        group="Contacts",
        summary="Save a name for a number or a SIP address.",
        forms=("save NAME as NUMBER", "add contact NAME NUMBER"),
        examples=("save amy as {number}", "new contact Aunt Amy: {number}"),
        says=(
            (
                r"save(?: (?:the )?contact)?|(?:add|new|create|save)(?: an?| new| a new)? contact|contact add|contact new|remember(?: that)?",
                read_book.read_add_contact,
            ),
        ),
        words=("save", "new contact"),
    ),
    Verb(
        name="contact.remove",
        group="Contacts",
        summary="Forget a contact.",
        forms=("forget NAME",),
        examples=("forget {a}",),
        says=(
            (
                r"forget(?: contact| about)?|(?:remove|delete|erase)(?: the| my)? contact|contact (?:remove|delete)",
                read_book.read_remove_contact,
            ),
        ),
        words=("forget",),
    ),
    Verb(
        name="contact.rename",
        group="Contacts",
        summary="Give a contact another name.",
        forms=("rename contact NAME to NAME",),
        examples=("rename contact {a} to amy",),
        says=((r"rename(?: the| my)?(?: contact)?|contact rename", read_book.read_rename_contact),),
        words=("rename contact",),
    ),
    Verb(
        name="contact.list",
        group="Contacts",
        summary="Everybody you saved.",
        forms=("contacts",),
        examples=("contacts",),
        says=((r"(?:show |list |my |all |the )*contacts|contact list", read_book.read_list_contacts),),
        words=("contacts",),
    ),
    Verb(
        name="contact.show",
        group="Contacts",
        summary="A contact's number.",
        forms=("who is NAME", "what's NAME's number"),
        examples=("who is {a}?",),
        says=(
            (r"who is|who's|whos|show contact", read_book.read_show_contact),
            (r"what is|what's|whats", read_book.read_number_of),
        ),
        words=("who is",),
    ),
    Verb(
        name="set",
        group="Settings",
        summary="Your number, time zone, provider, caller id, country, date order, clock.",
        forms=("my number is NUMBER", "set KEY to VALUE", "timezone ZONE", "use PROVIDER by default"),
        examples=(
            "my number is {number}",
            "timezone Europe/London",
            "set date order to day first",
            "set caller id private",
        ),
        says=(
            (
                r"my (?:phone |mobile |own )?number is(?: now)?:?|(?:i am|i'm|this is)(?= ?[+(\d\ue003])|my number:",
                read_book.read_my_number,
            ),
            (r"set(?: my)?", read_book.read_set),
            (r"(?:my )?time ?zone(?: is)?", read_book.read_timezone),
            (r"use", read_book.read_use),
        ),
        words=("my number is", "set", "timezone", "use"),
    ),
    Verb(
        name="settings",
        group="Settings",
        summary="Show your settings.",
        forms=("settings",),
        examples=("settings",),
        says=((r"(?:show |list |my |the )*settings|preferences", read_book.read_settings),),
        words=("settings",),
    ),
    Verb(
        name="number.rent",
        group="Our numbers",
        summary="Rent a number that people can call.",
        forms=("rent a number [in COUNTRY [TOWN]]",),
        examples=("rent a number in the uk",),
        says=(
            (
                r"(?:rent|buy|order|get)(?: me)?(?: a| another)?(?: new)?(?: phone)? number",
                read_book.read_rent,
            ),
        ),
        words=("rent a number",),
    ),
    Verb(
        name="number.list",
        group="Our numbers",
        summary="The numbers people can call us on.",
        forms=("numbers",),
        examples=("numbers",),
        says=((r"(?:show |list |my |our |the |all )*numbers", read_book.read_numbers),),
        words=("numbers",),
    ),
    Verb(
        name="number.release",
        group="Our numbers",
        summary="Give a rented number back.",
        forms=("release OWN",),
        examples=("release {own}",),
        says=((r"release(?: the)?(?: number)?", read_book.read_release),),
        words=("release",),
    ),
    Verb(
        name="notify",
        group="Notices",
        summary="Tell this room about calls to our numbers.",
        forms=("notify here about voicemail | missed calls | all calls [for OWN]",),
        examples=("notify here about missed calls",),
        says=(
            (
                r"notify(?: (?:us|me|this (?:room|channel|chat)))?(?: (?:in )?here)?|tell (?:us|me) here",
                read_book.read_notify,
            ),
        ),
        words=("notify here about",),
    ),
    Verb(
        name="unnotify",
        group="Notices",
        summary="Stop telling this room.",
        forms=("stop notices [for OWN]",),
        examples=("stop notices",),
        says=(
            (
                r"stop (?:the |all )?(?:notices|notifying(?: (?:us|me|here))*|notifications)(?: here)?",
                read_book.read_unnotify,
            ),
        ),
        words=("stop notices",),
    ),
    Verb(
        name="notices",
        group="Notices",
        summary="What this room is told about.",
        forms=("notices",),
        examples=("notices",),
        says=((r"(?:show |list |my |the )*(?:notices|notifications)", read_book.read_notices),),
        words=("notices",),
    ),
    Verb(
        name="allow",
        group="Access",
        summary="Let a person in, or a range of numbers (admins).",
        forms=("allow @PERSON", "allow prefix DIGITS"),
        examples=("allow @amy", "allow prefix +1900"),
        says=((r"allow|admit", read_book.read_allow),),
        words=("allow",),
    ),
    Verb(
        name="revoke",
        group="Access",
        summary="Shut a person or a range out again (admins).",
        forms=("revoke @PERSON", "revoke prefix DIGITS"),
        examples=("revoke @amy",),
        says=((r"revoke|disallow", read_book.read_revoke),),
        words=("revoke",),
    ),
    Verb(
        name="access",
        group="Access",
        summary="Who may call.",
        forms=("who may call",),
        examples=("who may call",),
        says=(
            (
                r"who (?:may|can|is allowed to|could) (?:make )?calls?|(?:show )?access",
                read_book.read_show_access,
            ),
        ),
        words=("who may call",),
    ),
    Verb(
        name="help",
        group="Help",
        summary="What you can say.",
        forms=("help [VERB]", "?"),
        examples=("help", "help call"),
        says=(
            (
                r"help(?: me)?(?: (?:with|on|about|for|to|using))?|what (?:can|do) (?:you|i) (?:do|say|type)|commands|usage|how does this work|how do i|start(?=\W*$)",
                read_book.read_help,
            ),
        ),
        words=("help",),
    ),
)

ANSWERS: Final = (
    ("confirm", "yes", "Say yes to what was asked; a number chooses."),
    ("decline", "no", "Say no to what was asked."),
)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Read | ReadWithParts, Verb], ...]:
    return tuple((rx(says), read, verb) for verb in VERBS for says, read in verb.says)


_WITH_PARTS: Final = frozenset(
    (read_calls.read_recorded_call, read_calls.read_say, read_calls.read_play, read_calls.read_press)
)


def take_head(reader: Reader, parts: Parts) -> tuple[Verb, Head] | None:
    """The verb that stands here, with its own words read; None (and nothing moved) when none does."""
    start = reader.pos
    fitting = [
        (match, read, verb)
        for pattern, read, verb in _patterns()
        if (match := pattern.match(reader.low, start))
    ]
    for match, read, verb in sorted(fitting, key=lambda fit: -fit[0].end()):
        problems, doubts, used = len(reader.problems), len(reader.doubts), len(reader.used)
        reader.go(match.end())
        head = read(reader, match, parts) if read in _WITH_PARTS else read(reader, match)  # type: ignore[call-arg]
        if head is not None:
            return verb, head
        reader.pos = start
        del reader.problems[problems:], reader.doubts[doubts:], reader.used[used:]
    return None


def head_here(reader: Reader) -> bool:
    """Whether a verb begins where the reader stands."""
    return any(pattern.match(reader.low, reader.pos) for pattern, _, _ in _patterns())


@cache
def verb_words() -> tuple[str, ...]:
    """Every single word that begins a verb: for slips of the first word."""
    return tuple(
        dict.fromkeys(
            word for verb in VERBS for said in verb.words for word in said.split(" ") if len(word) > 2
        )
    )


def completions() -> tuple[str, ...]:
    """What a prompt may complete the first words to."""
    return tuple(dict.fromkeys(said for verb in VERBS for said in verb.words))
