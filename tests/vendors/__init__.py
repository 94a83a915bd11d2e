"""Stand-ins for vendors, over real HTTP on loopback: strict where the vendor is strict."""
