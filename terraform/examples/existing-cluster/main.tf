# keptn on a cluster that has Knative: one on your machine (kind) or one that somebody else runs.

terraform {
  required_version = ">= 1.9.0"

  required_providers {
    kustomization = {
      source  = "kbst/kustomization"
      version = "0.9.8"
    }
  }
}

provider "kustomization" {
  kubeconfig_path = pathexpand(var.kubeconfig)
  context         = var.context == "" ? null : var.context
}

module "keptn" {
  source = "../../modules/keptn"

  manifests         = var.manifests
  image             = var.image
  test_image        = var.test_image
  settings          = var.settings
  broker            = var.broker
  image_pull_secret = var.image_pull_secret
}

output "next" {
  description = "The commands that come next."
  value       = module.keptn.next
}
