"""What functions wrote."""
