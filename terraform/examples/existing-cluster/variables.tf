variable "kubeconfig" {
  description = "Path of the kubeconfig that names the cluster."
  type        = string
  default     = "~/.kube/config"

  validation {
    condition     = fileexists(pathexpand(var.kubeconfig))
    error_message = "There is no such kubeconfig: say in kubeconfig where it is, such as ~/.kube/config."
  }
}

variable "context" {
  description = "Its context. Empty: the current one."
  type        = string
  default     = ""
}

variable "manifests" {
  description = "The kustomize folder: knative/overlays/kind brings a store and a Git server with it, knative/base brings nothing."
  type        = string
  default     = "../../../knative/overlays/kind"
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

variable "settings" {
  description = "What stands above the settings of `manifests`: knative/overlays/kind/settings.yaml says what each key means."
  type        = map(string)
  default     = {}
}

variable "broker" {
  description = "The Broker: class, config, annotations."
  type        = any
  default = {
    class       = "MTChannelBasedBroker"
    config      = { name = "config-br-default-channel", namespace = "knative-eventing" }
    annotations = { "messaging.knative.dev/async-handler" = "true" }
  }
}

variable "image_pull_secret" {
  description = "Name of a pull secret in the namespace keptn. Empty: none."
  type        = string
  default     = ""
}
