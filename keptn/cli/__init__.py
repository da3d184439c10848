"""The command line `keptn`: one module per verb; speaks HTTP to `api` and nothing else."""
