"""keptn in a cluster, from outside of it: put there, looked after, taken away, all by kubectl. In no image."""
