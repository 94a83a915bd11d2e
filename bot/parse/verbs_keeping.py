"""The rows of the grammar about a running call, and about what is kept: contacts, numbers, access."""

from typing import Final

from bot.parse import read_calls, read_contacts, read_live, read_numbers, read_settings
from bot.parse.command import (
    ListContacts,
    ListNotices,
    ListNumbers,
    OpenBoard,
    ShowAccess,
    ShowSettings,
    Voicemails,
)
from bot.parse.heads import Verb, always

KEEPING: Final[tuple[Verb, ...]] = (
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
        words=("start recording", "stop recording"),
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
        says=((r"(?:check |show |list |my |the |get )*voice ?mails?(?: messages?)?", always(Voicemails())),),
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
                read_contacts.read_delete_voicemail,
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
                r"save(?: (?:the )?contact)?|(?:add|new|create|save)(?: an?| new"
                r"| a new)? contact|contact add|contact new|remember(?: that)?",
                read_contacts.read_add_contact,
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
                r"forget(?: contact| about)?|(?:remove|delete|erase)(?: the| my)? contact"
                r"|contact (?:remove|delete)",
                read_contacts.read_remove_contact,
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
        says=((r"rename(?: the| my)?(?: contact)?|contact rename", read_contacts.read_rename_contact),),
        words=("rename contact",),
    ),
    Verb(
        name="contact.list",
        group="Contacts",
        summary="Everybody you saved.",
        forms=("contacts",),
        examples=("contacts",),
        says=((r"(?:show |list |my |all |the )*contacts|contact list", always(ListContacts())),),
        words=("contacts",),
    ),
    Verb(
        name="contact.show",
        group="Contacts",
        summary="A contact's number.",
        forms=("who is NAME", "what's NAME's number"),
        examples=("who is {a}?",),
        says=(
            (r"who is|who's|whos|show contact", read_contacts.read_show_contact),
            (r"what is|what's|whats", read_contacts.read_number_of),
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
                r"my (?:phone |mobile |own )?number is(?: now)?:?|(?:i am|i'm"
                r"|this is)(?= ?[+(\d\ue003])|my number:",
                read_settings.read_my_number,
            ),
            (r"set(?: my)?", read_settings.read_set),
            (r"(?:my )?time ?zone(?: is)?", read_settings.read_timezone),
            (r"use", read_settings.read_use),
        ),
        words=("my number is", "set", "timezone", "use"),
    ),
    Verb(
        name="settings",
        group="Settings",
        summary="Show your settings.",
        forms=("settings",),
        examples=("settings",),
        says=((r"(?:show |list |my |the )*settings|preferences", always(ShowSettings())),),
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
                read_numbers.read_rent,
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
        says=((r"(?:show |list |my |our |the |all )*numbers", always(ListNumbers())),),
        words=("numbers",),
    ),
    Verb(
        name="number.release",
        group="Our numbers",
        summary="Give a rented number back.",
        forms=("release OWN",),
        examples=("release {own}",),
        says=((r"release(?: the)?(?: number)?", read_numbers.read_release),),
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
                read_numbers.read_notify,
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
                read_numbers.read_unnotify,
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
        says=((r"(?:show |list |my |the )*(?:notices|notifications)", always(ListNotices())),),
        words=("notices",),
    ),
    Verb(
        name="allow",
        group="Access",
        summary="Let a person in, or a range of numbers (admins).",
        forms=("allow @PERSON", "allow prefix DIGITS"),
        examples=("allow @amy", "allow prefix +1900"),
        says=((r"allow|admit", read_numbers.read_allow),),
        words=("allow",),
    ),
    Verb(
        name="revoke",
        group="Access",
        summary="Shut a person or a range out again (admins).",
        forms=("revoke @PERSON", "revoke prefix DIGITS"),
        examples=("revoke @amy",),
        says=((r"revoke|disallow", read_numbers.read_revoke),),
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
                always(ShowAccess()),
            ),
        ),
        words=("who may call",),
    ),
    Verb(
        name="board",
        group="The board",
        summary="A private link to a page with your calls: to come, going on and past, and why.",
        forms=("board",),
        examples=("board",),
        says=(
            (
                r"(?:(?:show|open|see|view|send|give)(?: me)? )?(?:the |my |our |a )?"
                r"(?:call |phone )?(?:dash)?board(?: link)?|(?:sign|log) (?:me )?in",
                always(OpenBoard()),
            ),
        ),
        words=("board",),
    ),
    Verb(
        name="help",
        group="Help",
        summary="What you can say.",
        forms=("help [VERB]", "?"),
        examples=("help", "help call"),
        says=(
            (
                r"help(?: me)?(?: (?:with|on|about|for|to|using))?|what (?:can|do) (?:you"
                r"|i) (?:do|say|type)|commands|usage|how does this work|how do i"
                r"|start(?=\W*$)",
                read_numbers.read_help,
            ),
        ),
        words=("help",),
    ),
)
