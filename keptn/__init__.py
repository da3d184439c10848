"""keptn on Knative: continuous delivery in which every step is a scale-to-zero CloudEvent function."""

__version__ = "0.1.0"
