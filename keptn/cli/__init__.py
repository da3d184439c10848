"""The command line `keptn`: one module per verb; speaks HTTP to `api`, and to a cluster by kubectl to install."""
