variable "project_id" {
  description = "The Google Cloud project."
  type        = string
}

variable "region" {
  description = "Where it lies, such as europe-west3."
  type        = string
}

variable "domain" {
  description = "The domain of all public addresses: functions are <function>.keptn.<domain>, services <service>-<project>-<stage>.<domain>."
  type        = string

  validation {
    condition     = var.domain != ""
    error_message = "domain is needed here: registries, people and users reach the cluster by names. Without one use modules/google by itself."
  }
}

variable "cluster" {
  description = "autopilot or standard."
  type        = string
  default     = "autopilot"

  validation {
    condition     = contains(["autopilot", "standard"], var.cluster)
    error_message = "cluster is autopilot or standard here; for one that is there see examples/existing-cluster."
  }
}

variable "image" {
  description = "The image of all functions, with a tag or a digest."
  type        = string
}

variable "test_image" {
  description = "The image of the Job that runs tests. Empty: image, and tests that need k6 fail."
  type        = string
  default     = ""
}

variable "git_url" {
  description = "The repository of each project, with {project} in it: https://git.example.com/keptn/{project}.git."
  type        = string

  validation {
    condition     = can(regex("^https://[^/@]+/.*\\{project\\}", var.git_url))
    error_message = "git_url is an https:// URL with {project} in its path and no login in it: the login is the secret git."
  }
}

variable "prometheus_url" {
  description = "The Prometheus that answers the gates, such as the frontend of Managed Service for Prometheus."
  type        = string
  default     = "http://frontend.monitoring.svc.cluster.local:9090"
}

variable "broker" {
  description = "The Broker: class and config. The default is Knative's in memory, for a try-out; a company has Kafka."
  type        = any
  default = {
    class       = "MTChannelBasedBroker"
    config      = { name = "config-br-default-channel", namespace = "knative-eventing" }
    annotations = { "messaging.knative.dev/async-handler" = "true" }
  }
}

variable "knative_version" {
  description = "Releases of Knative's Serving, Eventing and net-kourier: what docs/cluster.md names."
  type        = object({ serving = string, eventing = string, kourier = string })
  default     = { serving = "1.23.0", eventing = "1.23.0", kourier = "1.21.0" }

  validation {
    condition     = alltrue([for release in values(var.knative_version) : can(regex("^1\\.[0-9]+\\.[0-9]+$", release))])
    error_message = "knative_version has a release that is none: they are numbers such as 1.23.0, without a v."
  }
}

variable "retention_days" {
  description = "How long is kept what happened."
  type        = number
  default     = 90
}

variable "deletion_protection" {
  description = "Whether terraform refuses to delete the cluster."
  type        = bool
  default     = true
}

variable "labels" {
  description = "Labels of all that can have some."
  type        = map(string)
  default     = {}
}

variable "settings" {
  description = "What stands above all other settings."
  type        = map(string)
  default     = {}
}
