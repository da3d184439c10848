# Images, and who is told of a push: Artifact Registry tells the topic gcr, a subscription posts to receive-artifact with a
# token that says who it is. Source: cloud.google.com/artifact-registry/docs/configure-notifications;
# cloud.google.com/pubsub/docs/authenticate-push-subscriptions.

resource "google_artifact_registry_repository" "images" {
  count = var.create_registry ? 1 : 0

  project       = var.project_id
  location      = var.region
  repository_id = local.registry_id
  description   = "Images that keptn delivers, and its own"
  format        = "DOCKER"
  labels        = local.labels

  depends_on = [google_project_service.needed]
}

# Those who ask which digest a tag has.
resource "google_artifact_registry_repository_iam_member" "asks" {
  for_each = local.registry_id != "" ? toset(["keptn-api", "keptn-bridge", "keptn-deployer", "keptn-reader"]) : toset([])

  project    = var.project_id
  location   = var.region
  repository = local.registry_id
  role       = "roles/artifactregistry.reader"
  member     = "${local.principal}/${each.value}"

  depends_on = [google_artifact_registry_repository.images]
}

resource "google_pubsub_topic" "pushes" {
  count = local.push_url != "" && var.create_topic ? 1 : 0

  project = var.project_id
  name    = "gcr"
  labels  = local.labels

  depends_on = [google_project_service.needed]
}

resource "google_service_account" "push" {
  count = local.push_url != "" ? 1 : 0

  project      = var.project_id
  account_id   = "${var.name}-push"
  display_name = "Tells keptn of pushes to Artifact Registry; has no rights"
}

# Pub/Sub signs its posts as that account.
resource "google_service_account_iam_member" "push" {
  count = local.push_url != "" ? 1 : 0

  service_account_id = google_service_account.push[0].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

resource "google_pubsub_subscription" "pushes" {
  count = local.push_url != "" ? 1 : 0

  project = var.project_id
  name    = "${var.name}-pushes"
  topic   = "projects/${var.project_id}/topics/gcr"
  labels  = local.labels

  ack_deadline_seconds = 60 # a cold start, and a Broker that is slow

  expiration_policy {
    ttl = "" # a month without a push is no reason
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  push_config {
    push_endpoint = local.push_url

    oidc_token {
      service_account_email = google_service_account.push[0].email
      audience              = local.push_url
    }
  }

  depends_on = [google_pubsub_topic.pushes, google_service_account_iam_member.push]
}
