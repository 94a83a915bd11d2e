"""Everything that touches the world outside: clocks, wires, chats, voice providers, the web door."""
