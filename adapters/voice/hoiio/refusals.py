"""What is refused when it is ordered, because Hoiio could not do it when the time comes."""

from collections.abc import Iterator

from adapters.voice.hoiio.blocks import GENDERS, LONGEST_LINK, bridged, conference, link, sip
from adapters.voice.hoiio.tables import FEATURES, LACKING
from bot.domain.call import LegPlan
from bot.domain.flow import Conference, Dial, Feature, Play, Say, SendText
from bot.domain.numbers import SipUri


def is_led(plan: LegPlan) -> bool:
    """Whether we have to lead this call, block by block; it takes a public URL.

    In a call between two phones the first one always sees the number of the second, whatever was ordered:
    only where that is me, or nothing was ordered, is it left to Hoiio.
    """
    if conference(plan.flow) is not None:
        return False
    return bridged(plan.flow) is None or (plan.caller_id is not None and not plan.party.is_me)


def refusals(plan: LegPlan, *, reachable: bool) -> Iterator[str]:
    """Every reason against it. `reachable`: Hoiio can call us back."""
    for feature in sorted(plan.flow.needs() - FEATURES):
        yield f"no {feature}: {LACKING[feature]}"
    if isinstance(plan.party.address, SipUri) or sip(plan.flow):
        yield f"no {Feature.SIP}: {LACKING[Feature.SIP]}"
    if not reachable and is_led(plan):
        yield "without PUBLIC_URL it can only connect two phones or ring them into a conference"
    if plan.flow.record and any(isinstance(step, Dial | Conference) for step in plan.flow.steps):
        yield "it cannot tell everybody first that the call is recorded"
    for step in plan.flow.every_step():
        match step:
            case SendText():
                yield "it sends no text in the middle of a call"
            case Say(voice=str() as voice) if voice not in GENDERS:
                yield f"it has no voice {voice}, only {' and '.join(GENDERS)}"
            case Play() if len(link(step)) > LONGEST_LINK:
                yield "the address of that file is too long for it"
            case _:
                pass
