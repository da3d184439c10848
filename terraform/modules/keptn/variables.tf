variable "manifests" {
  description = "The kustomize folder that is installed, relative to where terraform runs. Empty: knative/base of this repository."
  type        = string
  default     = ""

  validation {
    condition     = !startswith(var.manifests, "/")
    error_message = "manifests is a path relative to where terraform runs, such as ../knative: kustomize takes no absolute one."
  }
}

locals {
  reference = "^(?P<name>(?:[a-z0-9.-]+(?::[0-9]+)?/)?[a-z0-9._/-]+)(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?$"
}

variable "image" {
  description = "The image of all functions, with a tag or a digest."
  type        = string

  validation {
    condition     = try(anytrue([for part in ["tag", "digest"] : regex(local.reference, var.image)[part] != null]), false)
    error_message = "image is a repository with a tag or a digest, such as registry.example.com/keptn:0.1.0 or registry.example.com/keptn@sha256:…; latest is none: what runs must be known."
  }
  validation {
    condition     = !endswith(var.image, ":latest")
    error_message = "image is latest, which may be another one tomorrow: say a tag that stays, or a digest."
  }
}

variable "test_image" {
  description = "The image of the Job that runs tests, with a tag or a digest. Empty: image, and tests that need k6 fail."
  type        = string
  default     = ""

  validation {
    condition     = var.test_image == "" || try(anytrue([for part in ["tag", "digest"] : regex(local.reference, var.test_image)[part] != null]), false)
    error_message = "test_image is a repository with a tag or a digest, such as registry.example.com/keptn-test:0.1.0."
  }
}

variable "settings" {
  description = "Keys of the ConfigMap keptn-settings and their values: docs/adapters.md, knative/overlays/production/settings.yaml. They stand above those of `manifests`."
  type        = map(string)

  validation {
    condition     = alltrue([for key in keys(var.settings) : can(regex("^(KEPTN_[A-Z0-9_]+|K_SINK|THREADS|GOOGLE_CLOUD_PROJECT|STORAGE_EMULATOR_HOST)$", key))])
    error_message = "settings has a key that no function reads: they are KEPTN_…, K_SINK, THREADS, GOOGLE_CLOUD_PROJECT or STORAGE_EMULATOR_HOST."
  }
  validation {
    condition     = alltrue([for key, value in var.settings : !can(regex("(?i)example\\.com", value))])
    error_message = "settings still says example.com somewhere: write your own."
  }
}

variable "broker" {
  description = "The Broker: its class (Kafka, or MTChannelBasedBroker, which is in memory and for development only), the ConfigMap that configures it, and annotations."
  type = object({
    class       = optional(string, "Kafka")
    config      = optional(object({ name = string, namespace = string }), { name = "kafka-broker-config", namespace = "knative-eventing" })
    annotations = optional(map(string), {})
  })
  default = {}

  validation {
    condition     = contains(["Kafka", "MTChannelBasedBroker"], var.broker.class)
    error_message = "broker.class is Kafka or MTChannelBasedBroker; RabbitMQ's takes a refusal for a success and loses it."
  }
}

variable "image_pull_secret" {
  description = "Name of a pull secret in the namespace keptn, for every ServiceAccount. Empty: none."
  type        = string
  default     = ""
}

variable "after" {
  description = "What must be there first."
  type        = any
  default     = null
}
