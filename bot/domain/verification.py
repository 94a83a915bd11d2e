"""How a person shows that a phone number is theirs: what the chat can vouch for decides."""

from enum import StrEnum
from typing import Final

from bot.domain.people import Asker, Standing


class Proof(StrEnum):
    """TRUST: their word is enough. SHARED_CONTACT: the chat hands over the number it knows them by.
    CODE: a code is said to that phone and typed back here. NONE: this chat has no way yet that could not be
    faked."""

    TRUST = "trust"
    SHARED_CONTACT = "shared contact"
    CODE = "code"
    NONE = "none"


_PROOFS: Final = {"slack": Proof.CODE, "telegram": Proof.SHARED_CONTACT}


def proof_for(asker: Asker) -> Proof:
    """The console's user is trusted; everybody else by what their platform offers."""
    if asker.standing is Standing.OWNER:
        return Proof.TRUST
    return _PROOFS.get(asker.platform, Proof.NONE)
