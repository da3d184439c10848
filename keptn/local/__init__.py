"""The embedded runtime: Broker, Triggers, clock and function host on one machine, wired from `knative/`."""
