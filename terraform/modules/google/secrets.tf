# Where the root token of the api and the login of your Git server are kept. Their values are none of terraform's, whose state would
# show them: the output `next` says how they get here, and from here into the cluster.

locals {
  secrets = ["api-token", "git-user", "git-token"]
}

resource "google_secret_manager_secret" "known" {
  for_each = toset(local.secrets)

  project   = var.project_id
  secret_id = "${var.name}-${each.value}"
  labels    = local.labels

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }

  depends_on = [google_project_service.needed]
}
