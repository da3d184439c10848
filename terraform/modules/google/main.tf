# What keptn needs of Google Cloud. Each part is a file, and can be switched off where you have one already.

data "google_project" "this" {
  project_id = var.project_id
}

locals {
  labels = merge({ app = var.name, managed-by = "terraform" }, var.labels)

  bucket       = var.bucket_name != "" ? var.bucket_name : "${var.project_id}-${var.name}-state"
  registry_id  = var.registry_id != "" || !var.create_registry ? var.registry_id : var.name
  cluster_name = var.cluster_name != "" ? var.cluster_name : var.name
  dns_zone     = var.dns_zone != "" ? var.dns_zone : replace(var.domain, ".", "-")
  functions    = "keptn.${var.domain}"
  push_url     = var.receive_artifact_url != "" || var.domain == "" ? var.receive_artifact_url : "https://receive-artifact.${local.functions}"

  # A Kubernetes ServiceAccount is a principal of its own: there is no key, and no Google service account to impersonate.
  # Source: cloud.google.com/kubernetes-engine/docs/concepts/workload-identity, "Principal identifiers".
  pool      = "${var.project_id}.svc.id.goog"
  principal = "principal://iam.googleapis.com/projects/${data.google_project.this.number}/locations/global/workloadIdentityPools/${local.pool}/subject/ns/${var.namespace}/sa"

  apis = concat(
    ["storage.googleapis.com", "secretmanager.googleapis.com"],
    local.registry_id != "" ? ["artifactregistry.googleapis.com"] : [],
    local.push_url != "" ? ["pubsub.googleapis.com"] : [],
    var.cluster != "none" ? ["container.googleapis.com", "compute.googleapis.com"] : [],
    var.domain != "" ? ["dns.googleapis.com", "certificatemanager.googleapis.com", "compute.googleapis.com"] : [],
  )
}

resource "google_project_service" "needed" {
  for_each = var.enable_apis ? toset(local.apis) : toset([])

  project            = var.project_id
  service            = each.value
  disable_on_destroy = false
}
