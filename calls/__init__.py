"""What a call is: its words, its turn, its record. Imports nothing else of ours."""
