"""The core of Patchline: what a sentence means, what a call does, and what the room is told."""
