"""What is kept: calls and their events, messages, promises, hand-offs, the live feed; what is on file, by version."""
