"""Processes that are really killed, at random and at every named point of placing a call."""
