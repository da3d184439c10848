# Planned on a mock of the provider: which parts there are, and what keptn is told of them.

mock_provider "google" {
  mock_data "google_project" {
    defaults = {
      number = "123456789"
    }
  }
}

variables {
  project_id = "my-project"
  region     = "europe-west3"
}

run "everything_but_names" {
  command = plan

  assert {
    condition     = google_storage_bucket.state[0].name == "my-project-keptn-state" && google_storage_bucket.state[0].uniform_bucket_level_access
    error_message = "The bucket is named after the project, and its rights are its own."
  }
  assert {
    condition     = [for rule in google_storage_bucket.state[0].lifecycle_rule : one(rule.condition).age] == [90, 360]
    error_message = "What happened is kept for 90 days, evaluations for 360."
  }
  assert {
    condition     = length(google_container_cluster.autopilot) == 1 && length(google_container_cluster.standard) == 0 && length(google_service_account.nodes) == 0
    error_message = "An Autopilot cluster has no nodes of its own."
  }
  assert {
    condition     = length(google_pubsub_subscription.pushes) == 0 && !contains(keys(output.settings), "KEPTN_PUBSUB_AUDIENCE")
    error_message = "Without an address nobody is told of pushes."
  }
  assert {
    condition     = length(google_compute_global_address.gateway) == 0 && output.address == null
    error_message = "Without a domain there are no addresses."
  }
  assert {
    condition     = output.registry == "europe-west3-docker.pkg.dev/my-project/keptn"
    error_message = "Images have a place."
  }
}

run "each_account_is_a_principal_of_its_own" {
  command = plan

  assert {
    condition     = google_storage_bucket_iam_member.writes["keptn-orchestrate"].member == "principal://iam.googleapis.com/projects/123456789/locations/global/workloadIdentityPools/my-project.svc.id.goog/subject/ns/keptn/sa/keptn-orchestrate"
    error_message = "A Kubernetes account is told from all others."
  }
  assert {
    condition     = strcontains(one(google_storage_bucket_iam_member.writes["keptn-test"].condition).expression, "resource.name.startsWith('projects/_/buckets/my-project-keptn-state/objects/replies/')")
    error_message = "Rights end at prefixes."
  }
  assert {
    condition     = alltrue([for member in google_storage_bucket_iam_member.writes : length(member.condition) == 1])
    error_message = "Nobody writes everywhere."
  }
}

run "all_is_there_already" {
  command = plan

  variables {
    create_bucket        = false
    bucket_name          = "ours"
    create_registry      = false
    registry_id          = "images"
    create_topic         = false
    receive_artifact_url = "https://receive-artifact.keptn.example.org"
    cluster              = "none"
    enable_apis          = false
  }

  assert {
    condition     = length(google_storage_bucket.state) == 0 && output.settings.KEPTN_BUCKET == "ours"
    error_message = "The bucket is used, and not made."
  }
  assert {
    condition     = length(google_artifact_registry_repository.images) == 0 && length(google_artifact_registry_repository_iam_member.asks) == 4
    error_message = "The repository is read, and not made."
  }
  assert {
    condition     = length(google_container_cluster.autopilot) + length(google_container_cluster.standard) == 0 && output.cluster == null
    error_message = "No cluster is made."
  }
  assert {
    condition     = length(google_pubsub_topic.pushes) == 0 && one(google_pubsub_subscription.pushes[0].push_config).push_endpoint == "https://receive-artifact.keptn.example.org"
    error_message = "Pushes are told of by the topic that is there."
  }
  assert {
    condition     = length(google_project_service.needed) == 0
    error_message = "No API is switched on."
  }
}

run "with_a_domain" {
  command = plan

  variables {
    domain  = "delivery.example.org"
    cluster = "standard"
  }

  assert {
    condition     = output.settings.KEPTN_PUBLIC_URL == "https://{function}.keptn.delivery.example.org"
    error_message = "Functions have names below the domain."
  }
  assert {
    condition     = one(google_pubsub_subscription.pushes[0].push_config).push_endpoint == "https://receive-artifact.keptn.delivery.example.org"
    error_message = "Pushes are told of there."
  }
  assert {
    condition     = output.settings.KEPTN_PUBSUB_AUDIENCE == one(one(google_pubsub_subscription.pushes[0].push_config).oidc_token).audience
    error_message = "keptn expects the audience that the subscription says."
  }
  assert {
    condition     = toset(keys(google_dns_record_set.names)) == toset(["*.keptn.delivery.example.org.", "*.delivery.example.org."])
    error_message = "Functions and services have names."
  }
  assert {
    condition     = length(google_container_node_pool.nodes) == 1 && length(google_artifact_registry_repository_iam_member.nodes) == 1
    error_message = "Nodes may pull."
  }
}

run "nothing_wrong_is_planned" {
  command = plan

  variables {
    project_id           = "My Project"
    region               = "europe-west3-a"
    name                 = "a-name-that-is-far-too-long"
    create_bucket        = false
    retention_days       = 0
    soft_delete_days     = 3
    receive_artifact_url = "http://keptn.example.org"
    cluster              = "gke"
    nodes                = { machine_type = "e2-standard-2", min = 0, max = 3 }
    domain               = "https://example.org"
  }

  expect_failures = [
    var.project_id,
    var.region,
    var.name,
    var.bucket_name,
    var.retention_days,
    var.soft_delete_days,
    var.receive_artifact_url,
    var.cluster,
    var.nodes,
    var.domain,
  ]
}

run "what_depends_on_what_is_right" {
  command = plan

  variables {
    evaluation_retention_days = 30
    domain                    = "example.org"
    create_dns_zone           = false
  }

  expect_failures = [var.evaluation_retention_days, var.dns_zone]
}
