"""Places where people type: one module (or package) per chat, none of which knows another."""
