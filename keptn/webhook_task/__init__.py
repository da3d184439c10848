"""A webhook that carries out a task of a sequence: the file that says how, and the step that calls it."""
