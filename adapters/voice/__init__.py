"""Roads to the phone network, one module or package per vendor. They do not know each other."""
