"""Who may use Patchline, and act on whose calls. Whom they may call is `policy.py`."""

from enum import StrEnum
from typing import Final

from bot.domain.limits import Access
from bot.domain.people import Asker, Person, Standing
from bot.domain.verdicts import Allowed, Refused, Rule

ADMIN_ONLY: Final = frozenset({"allow", "revoke", "access"})
"""The verbs that only admins may use, as `patchline parse` names them."""


class Extent(StrEnum):
    """What a command without a call number is about."""

    LIST = "list"
    HISTORY = "history"
    STATUS = "status"
    CANCEL_ALL = "cancel all"


def is_admin(asker: Asker, access: Access) -> bool:
    """The console's user, and whoever the settings name."""
    return asker.standing is Standing.OWNER or asker.key in access.admins


def may_use(asker: Asker, person: Person | None, access: Access) -> Allowed | Refused:
    """On every message and press. `person` is what the ledger knows of the asker.

    Bots never; then the settings' admins; then what admins said in the chat, so that `revoke` beats
    `PATCHLINE_ALLOW`; then what the platform says.
    """
    if asker.standing is Standing.BOT:
        return Refused(rule=Rule.BOT, reason="Bots cannot order calls.")
    if is_admin(asker, access):
        return Allowed(rule=Rule.ADMIN)
    admitted = person.admitted if person is not None else None
    if admitted is False:
        return Refused(rule=Rule.REVOKED, reason="An admin has revoked your access to calls.")
    if admitted or asker.key in access.allow:
        return Allowed(rule=Rule.ADMITTED)
    if asker.standing is Standing.MEMBER:
        return Allowed(rule=Rule.MEMBER)
    return _not_admitted(asker)


def may_still_use(asker: str, person: Person | None, access: Access) -> Allowed | Refused:
    """When a call is placed nobody is there to ask the platform about: an access that was revoked since stops
    it. `asker` is the key that the call was ordered under."""
    if asker in access.admins or person is None or person.admitted is not False:
        return Allowed(rule=Rule.ADMITTED)
    return Refused(rule=Rule.REVOKED, reason="The access of the person who ordered it has been revoked.")


def may_say(asker: Asker, verb: str, access: Access) -> Allowed | Refused:
    """Whether this verb is theirs to use, given that `may_use` allows them."""
    if verb not in ADMIN_ONLY or is_admin(asker, access):
        return Allowed(rule=Rule.ADMIN if verb in ADMIN_ONLY else Rule.ADMITTED)
    return Refused(rule=Rule.ADMIN_ONLY, reason="Only an admin can do that.")


def may_act_on(asker: Asker, owner: str, access: Access) -> Allowed | Refused:
    """On a call, forward or voicemail that `owner` (an asker key) ordered: their own, or an admin."""
    if asker.key == owner:
        return Allowed(rule=Rule.OWN_CALL)
    if is_admin(asker, access):
        return Allowed(rule=Rule.ADMIN)
    return Refused(rule=Rule.NOT_YOURS, reason="Somebody else ordered that; they or an admin can do it.")


def whose(extent: Extent, asker: Asker, access: Access) -> str | None:
    """The asker key to look for in this room; None for everybody's.

    Admins see everybody's calls, but `cancel all` is never about more than one's own.
    """
    if extent is not Extent.CANCEL_ALL and is_admin(asker, access):
        return None
    return asker.key


def _not_admitted(asker: Asker) -> Refused:
    """With the line to paste: whoever reads it may well be the one who runs this Patchline."""
    guest = asker.standing is Standing.GUEST
    who = "Guests cannot order calls here." if guest else "You are not admitted to order calls here yet."
    return Refused(
        rule=Rule.GUEST if guest else Rule.NOT_ADMITTED,
        reason=f"{who} An admin can let you in with `allow`. If this Patchline is yours, put this line into "
        f"its settings: PATCHLINE_ADMINS={asker.key}",
    )
