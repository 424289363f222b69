"""Doubles of language models: scripted ones in the process, and real HTTP servers on loopback."""
