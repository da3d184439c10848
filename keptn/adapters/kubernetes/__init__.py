"""What the adapters that speak to a cluster's API server share."""
