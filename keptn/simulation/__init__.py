"""The engine in memory, for trying a shipyard before it is committed."""
