"""Telephony: where calls come in. Each line gives a call its sound as a `calls.wire.Wire`."""
