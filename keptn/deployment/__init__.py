"""A service in a stage: what shall run there, in which order that may change, and how it is made so."""
