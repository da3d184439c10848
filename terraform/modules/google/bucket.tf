# State and evaluations. Rules and rights follow the first part of an object's name: keptn/records/objects.py.

locals {
  # As keptn/records/retention.py has it; what is in neither is needed for ever.
  kept = [
    { days = var.retention_days, prefixes = ["events/", "event-index/", "replies/", "sent/", "executions/", "deliveries/", "approvals/", "controls/", "dead-letter/", "token-use/", "arrivals/", "sessions/"] },
    { days = var.evaluation_retention_days, prefixes = ["evaluations/", "invalidated/"] },
  ]
}

resource "google_storage_bucket" "state" {
  count = var.create_bucket ? 1 : 0

  project                     = var.project_id
  name                        = local.bucket
  location                    = var.region
  labels                      = local.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = false # a slot is written with every event
  }

  soft_delete_policy {
    retention_duration_seconds = var.soft_delete_days * 86400
  }

  dynamic "lifecycle_rule" {
    for_each = local.kept
    content {
      action {
        type = "Delete"
      }
      condition {
        age            = lifecycle_rule.value.days
        matches_prefix = lifecycle_rule.value.prefixes
      }
    }
  }

  lifecycle {
    prevent_destroy = true # what was delivered where, and what was rejected
  }

  depends_on = [google_project_service.needed]
}
