"""Plivo as a stand-in: `async with plivo() as vendor`. Its phones act at once, unless told to wait.

`grammar` is what its XML may hold, `exchange` carries it out, `server` is the REST API, `signing` signs.
"""

from tests.vendors.plivo.exchange import Leg, Phone
from tests.vendors.plivo.server import ACCOUNT, TOKEN, Vendor, plivo

__all__ = ["ACCOUNT", "TOKEN", "Leg", "Phone", "Vendor", "plivo"]
