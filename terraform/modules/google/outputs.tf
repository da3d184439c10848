output "settings" {
  description = "What keptn-settings must say of all this: `settings` of modules/keptn."
  value = merge(
    {
      KEPTN_STORE                     = "gcs"
      KEPTN_BUCKET                    = local.bucket
      KEPTN_RETENTION_DAYS            = tostring(var.retention_days)
      KEPTN_EVALUATION_RETENTION_DAYS = tostring(var.evaluation_retention_days)
      GOOGLE_CLOUD_PROJECT            = var.project_id
    },
    var.domain == "" ? {} : {
      KEPTN_PUBLIC_URL = "https://{function}.${local.functions}"
      KEPTN_HOSTNAME   = "{service}-{project}-{stage}.${var.domain}"
    },
    local.push_url == "" ? {} : {
      KEPTN_PUBSUB_AUDIENCE         = local.push_url
      KEPTN_PUBSUB_SERVICE_ACCOUNTS = google_service_account.push[0].email
    },
  )
}

output "bucket" {
  description = "The bucket of keptn's state."
  value       = local.bucket
}

output "registry" {
  description = "Where images are pushed to; empty if they lie elsewhere."
  value       = local.registry_id == "" ? "" : "${var.region}-docker.pkg.dev/${var.project_id}/${local.registry_id}"
}

output "cluster" {
  description = "Of the cluster that was made here: endpoint and CA certificate; null if none was."
  value = one([
    for made in concat(google_container_cluster.autopilot, google_container_cluster.standard) :
    { name = made.name, location = made.location, host = "https://${made.endpoint}", ca = one(made.master_auth[*].cluster_ca_certificate) }
  ])
}

output "address" {
  description = "IP address of the Gateway, and the names of address and certificate map that it refers to; null without a domain."
  value = var.domain == "" ? null : {
    ip              = google_compute_global_address.gateway[0].address
    name            = google_compute_global_address.gateway[0].name
    certificate_map = google_certificate_manager_certificate_map.this[0].name
  }
}

output "name_servers" {
  description = "What to enter at the domain's registrar; empty if no zone was made here."
  value       = flatten(google_dns_managed_zone.this[*].name_servers)
}

output "bridge" {
  description = "Where people look, in a browser; sign in with a token, or by the link of `keptn bridge`. Null without a domain."
  value       = var.domain == "" ? null : "https://bridge.${local.functions}"
}

output "next" {
  description = "The commands that come next."
  value = join("\n", compact([
    var.cluster == "none" ? "" : "gcloud container clusters get-credentials ${local.cluster_name} --project ${var.project_id} --location ${var.region}",
    local.registry_id == "" ? "" : "gcloud auth configure-docker ${var.region}-docker.pkg.dev",
    "openssl rand -hex 24 | tr -d '\\n' | gcloud secrets versions add ${var.name}-api-token --project ${var.project_id} --data-file=-",
    "printf %s \"$GIT_USER\" | gcloud secrets versions add ${var.name}-git-user --project ${var.project_id} --data-file=-",
    "printf %s \"$GIT_TOKEN\" | gcloud secrets versions add ${var.name}-git-token --project ${var.project_id} --data-file=-",
    "kubectl -n keptn-secrets create secret generic api --from-literal=token=\"$(gcloud secrets versions access latest --secret ${var.name}-api-token --project ${var.project_id})\"",
    "kubectl -n keptn-secrets create secret generic git --from-literal=user=\"$(gcloud secrets versions access latest --secret ${var.name}-git-user --project ${var.project_id})\" --from-literal=token=\"$(gcloud secrets versions access latest --secret ${var.name}-git-token --project ${var.project_id})\"",
    var.domain == "" ? "" : "keptn auth --endpoint https://api.${local.functions} --api-token \"$(gcloud secrets versions access latest --secret ${var.name}-api-token --project ${var.project_id})\"",
    var.domain == "" ? "" : "keptn create token admin --role configure --expires 90d --use",
    var.domain == "" ? "" : "keptn bridge",
  ]))
}
