"""Who calls, by a token that somebody else signed."""
