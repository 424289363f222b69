"""What staff see and automation speaks to."""
