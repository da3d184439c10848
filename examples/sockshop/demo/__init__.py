"""The demo: the talk's story on real parts, told by what happens and not by script. `make demo` runs it."""
