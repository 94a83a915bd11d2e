"""The web door: health, what providers and chats call back, and the page that plays a recording."""
