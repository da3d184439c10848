"""What registries and monitors send, read into our own words: one file per sender. Pure: no I/O, no clock."""
