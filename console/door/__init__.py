"""The door: who is let in, and as what. Nothing of the house answers without passing `console.door.guard`."""
