# A GKE cluster with workload identity and the Gateway API. Autopilot has both and no nodes to think of; a standard cluster
# has nodes of a size that you choose, with an account that may do what nodes must.

resource "google_container_cluster" "autopilot" {
  count = var.cluster == "autopilot" ? 1 : 0

  project             = var.project_id
  name                = local.cluster_name
  location            = var.region
  network             = var.network.network
  subnetwork          = var.network.subnetwork
  enable_autopilot    = true
  deletion_protection = var.deletion_protection
  resource_labels     = local.labels

  release_channel {
    channel = "REGULAR"
  }

  ip_allocation_policy {}

  depends_on = [google_project_service.needed]
}

resource "google_container_cluster" "standard" {
  count = var.cluster == "standard" ? 1 : 0

  project                  = var.project_id
  name                     = local.cluster_name
  location                 = var.region
  network                  = var.network.network
  subnetwork               = var.network.subnetwork
  remove_default_node_pool = true
  initial_node_count       = 1
  deletion_protection      = var.deletion_protection
  resource_labels          = local.labels

  release_channel {
    channel = "REGULAR"
  }

  workload_identity_config {
    workload_pool = local.pool
  }

  gateway_api_config {
    channel = "CHANNEL_STANDARD"
  }

  ip_allocation_policy {}

  depends_on = [google_project_service.needed]
}

resource "google_service_account" "nodes" {
  count = var.cluster == "standard" ? 1 : 0

  project      = var.project_id
  account_id   = "${var.name}-nodes"
  display_name = "Nodes of the cluster ${local.cluster_name}"
}

resource "google_project_iam_member" "nodes" {
  for_each = var.cluster == "standard" ? toset(["roles/container.defaultNodeServiceAccount"]) : toset([])

  project = var.project_id
  role    = each.value
  member  = google_service_account.nodes[0].member
}

resource "google_artifact_registry_repository_iam_member" "nodes" {
  count = var.cluster == "standard" && local.registry_id != "" ? 1 : 0

  project    = var.project_id
  location   = var.region
  repository = local.registry_id
  role       = "roles/artifactregistry.reader"
  member     = google_service_account.nodes[0].member

  depends_on = [google_artifact_registry_repository.images]
}

resource "google_container_node_pool" "nodes" {
  count = var.cluster == "standard" ? 1 : 0

  project  = var.project_id
  name     = "${var.name}-nodes"
  location = var.region
  cluster  = google_container_cluster.standard[0].name

  autoscaling {
    min_node_count = var.nodes.min
    max_node_count = var.nodes.max
  }

  node_config {
    machine_type    = var.nodes.machine_type
    service_account = google_service_account.nodes[0].email
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]
    resource_labels = local.labels

    workload_metadata_config {
      mode = "GKE_METADATA"
    }

    shielded_instance_config {
      enable_secure_boot = true
    }
  }

  management {
    auto_repair  = true
    auto_upgrade = true
  }
}
