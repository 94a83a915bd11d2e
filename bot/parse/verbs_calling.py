"""The rows of the grammar about calls to be made: calling, forwarding, what is scheduled, what is past."""

from typing import Final

from bot.parse import read_calls, read_forward, read_manage
from bot.parse.command import Balance, ListCalls, ListForwards
from bot.parse.heads import Verb, always

_URL: Final = "https://example.com/song.mp3"

CALLING: Final[tuple[Verb, ...]] = (
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
                r"(?:make|schedule|place|book|set up|arrange)(?: a"
                r"| me a)?(?: phone)? call(?= )(?: (?:to|with|for|between))?",
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
                r"|(?:set up|start|make|create|begin|open|schedule|host|arrange)(?: a| the"
                r"| me a)? (?:conference|conf|(?:three|3)[ -]way)(?: call)?"
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
                r"(?:when|if|whenever) (?:someone|somebody|anyone|anybody|people|a caller"
                r"|they) (?:calls?|rings?|dials?|phones?)",
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
                r"|(?:remove|delete|cancel|clear|turn off|stop) (?:the )?forward(?:ing"
                r"|s)?(?: (?:on|of|for|from))?",
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
                always(ListForwards()),
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
                r"list(?: (?:all |me )?(?:my |the )?"
                r"(?:(?:scheduled|upcoming|pending)(?: calls| jobs)?|calls|jobs))?"
                r"|scheduled(?: calls)?|upcoming(?: calls)?"
                r"|show(?: me)?(?: my| all| the)*(?: scheduled| upcoming| pending) calls"
                r"|show(?: me)?(?: my| all| the)+ calls|show calls"
                r"|(?:what is|what's|whats) (?:scheduled|upcoming|coming up|planned)"
                r"|my (?:scheduled |upcoming )?calls|agenda",
                always(ListCalls()),
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
        name="undo",
        group="Scheduled calls",
        summary="Take back what you ordered last.",
        forms=("undo",),
        examples=("undo",),
        says=((r"undo(?: that| it| the last(?: one)?| last)?", read_manage.read_undo),),
        words=("undo",),
    ),
    Verb(
        name="history",
        group="Past calls and prices",
        summary="Past calls.",
        forms=("history [page N]", "history with WHOM", "last N calls"),
        examples=("history", "history with {a}", "last 5 calls"),
        says=(
            (r"(?:show |my |call |the )*history", read_manage.read_history),
            (
                r"(?:show )?(?:me )?(?:the |my )?last (?:(?:\d{1,3}|\w+) calls|call)",
                read_manage.read_last_calls,
            ),
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
                r"rates?(?: (?:for|of|to))?|how much(?: does it cost| is it| would it cost"
                r"| does it| it costs)?(?: to call| is a call to| for a call to"
                r"| for calling| calling)"
                r"|how much (?:does|is|would) a call to|(?:the |what's the "
                r"|what is the )?(?:price|cost|rate) (?:of|for|to)(?: (?:calling|a call to"
                r"|call))?|what does it cost to call",
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
                always(Balance()),
            ),
        ),
        words=("balance",),
    ),
)
