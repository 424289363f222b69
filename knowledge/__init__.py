"""What may be known, and by whom: the office folder, its index, and what a caller's question recalls of it."""
