# Everything: what keptn needs of Google Cloud, Knative from its released YAML, keptn. In two steps, for a provider must know
# its cluster before it plans: `terraform apply -target=module.google`, then `terraform apply`.

terraform {
  required_version = ">= 1.9.0"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "6.50.0"
    }
    kustomization = {
      source  = "kbst/kustomization"
      version = "0.9.8"
    }
  }
}

provider "google" {
  project = var.project_id
  region  = var.region
}

data "google_client_config" "me" {}

provider "kustomization" {
  kubeconfig_raw = yamlencode({
    apiVersion      = "v1"
    kind            = "Config"
    current-context = "google"
    contexts        = [{ name = "google", context = { cluster = "google", user = "me" } }]
    clusters        = [{ name = "google", cluster = { server = module.google.cluster.host, certificate-authority-data = module.google.cluster.ca } }]
    users           = [{ name = "me", user = { token = data.google_client_config.me.access_token } }]
  })
}

module "google" {
  source = "../../modules/google"

  project_id          = var.project_id
  region              = var.region
  labels              = var.labels
  cluster             = var.cluster
  domain              = var.domain
  retention_days      = var.retention_days
  deletion_protection = var.deletion_protection
}

module "keptn" {
  source = "../../modules/keptn"

  image      = var.image
  test_image = var.test_image
  broker     = var.broker
  settings = merge(
    module.google.settings,
    {
      K_SINK               = var.broker.class == "Kafka" ? "http://kafka-broker-ingress.knative-eventing.svc.cluster.local/keptn/default" : "http://broker-ingress.knative-eventing.svc.cluster.local/keptn/default"
      KEPTN_CONFIG_REPO    = "remote"
      KEPTN_GIT_URL        = var.git_url
      KEPTN_PLATFORM       = "kubernetes"
      KEPTN_LOGS           = "kubernetes"
      KEPTN_ROUTER         = "gateway_api"
      KEPTN_GATEWAY        = "keptn-gateway/public"
      KEPTN_REGISTRY       = "oci"
      KEPTN_SECRETS        = "kubernetes"
      KEPTN_WAKE_UP        = "pingsource"
      KEPTN_SLI_PROVIDER   = "prometheus"
      KEPTN_PROMETHEUS_URL = var.prometheus_url
    },
    var.settings,
  )

  after = [kustomization_resource.knative_last]
}
