"""The guardrails: what may be heard and said, whatever the mind thinks."""
