"""What is kept: calls and their events, messages, promises, bookings, hand-offs, and the live feed of it all."""
