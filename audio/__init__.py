"""Sound: ears, voices, turn-taking, microphone and weights."""
