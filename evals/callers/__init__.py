"""Sample callers: short scripts, and what became of them as recorded telephone calls."""
