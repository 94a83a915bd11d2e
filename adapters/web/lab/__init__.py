"""The phone lab: a page with a chat on one side and ringing phones on the other, on the simulated network.

A chat adapter (`adapters/chat/web`) and these pages; nothing in the core knows it.
"""

from adapters.web.lab.feed import Feed
from adapters.web.lab.pages import Lab
from adapters.web.lab.stage import PHONES, HandPhone, Stage

__all__ = ["PHONES", "Feed", "HandPhone", "Lab", "Stage"]
