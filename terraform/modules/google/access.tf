# Who may do what with the bucket: everybody reads, each writes what is its own. Accounts are those of knative/base/access.yaml.
# tests/terraform holds this table against what the functions really do.

locals {
  writes = {
    keptn-api             = ["approvals/", "dead-letter/", "images/", "tokens/", "token-use/", "sessions/"]
    keptn-bridge          = ["sessions/", "token-use/", "approvals/", "dead-letter/"]
    keptn-clock           = ["timers/", "wake-up/", "dead-letter/"]
    keptn-create-project  = ["projects/", "images/", "rejected/", "shipyards/", "evaluations/", "invalidated/", "deliveries/", "replies/", "tokens/", "token-use/", "arrivals/"]
    keptn-deployer        = ["replies/", "sent/", "timers/"]
    keptn-onboard-service = ["images/", "rejected/", "evaluations/", "invalidated/", "replies/", "arrivals/"]
    keptn-orchestrate     = ["slots/", "retired/", "executions/", "deliveries/", "shipyards/", "rejected/", "controls/", "timers/", "dead-letter/"]
    keptn-reader          = ["replies/", "sent/", "timers/", "evaluations/", "invalidated/", "approvals/", "arrivals/"]
    keptn-step            = ["events/", "event-index/", "approvals/", "dead-letter/", "replies/", "timers/"]
    keptn-test            = ["replies/"]
  }
}

resource "google_storage_bucket_iam_member" "reads" {
  for_each = local.writes

  bucket = local.bucket
  role   = "roles/storage.objectViewer"
  member = "${local.principal}/${each.key}"

  depends_on = [google_storage_bucket.state]
}

# A condition has twelve operators at most. Source: cloud.google.com/iam/docs/conditions-overview, "Limits on conditions".
resource "google_storage_bucket_iam_member" "writes" {
  for_each = local.writes

  bucket = local.bucket
  role   = "roles/storage.objectUser"
  member = "${local.principal}/${each.key}"

  condition {
    title      = "${each.key}-writes"
    expression = join(" || ", [for prefix in each.value : "resource.name.startsWith('projects/_/buckets/${local.bucket}/objects/${prefix}')"])
  }

  depends_on = [google_storage_bucket.state]
}
