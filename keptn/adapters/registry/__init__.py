"""Image registries: tag to digest."""
