# One address, one certificate for all names below the domain, one zone: users, people and registries come through the same
# Gateway (examples/google has its manifests). Source: cloud.google.com/kubernetes-engine/docs/how-to/secure-gateway.

resource "google_dns_managed_zone" "this" {
  count = var.domain != "" && var.create_dns_zone ? 1 : 0

  project     = var.project_id
  name        = local.dns_zone
  dns_name    = "${var.domain}."
  description = "Where keptn and what it delivers are reached"
  labels      = local.labels

  depends_on = [google_project_service.needed]
}

resource "google_compute_global_address" "gateway" {
  count = var.domain != "" ? 1 : 0

  project = var.project_id
  name    = "${var.name}-gateway"

  depends_on = [google_project_service.needed]
}

resource "google_dns_record_set" "names" {
  for_each = var.domain != "" ? toset(["*.${local.functions}.", "*.${var.domain}."]) : toset([])

  project      = var.project_id
  managed_zone = local.dns_zone
  name         = each.value
  type         = "A"
  ttl          = 300
  rrdatas      = [google_compute_global_address.gateway[0].address]

  depends_on = [google_dns_managed_zone.this]
}

# Who owns a domain proves it once, for the domain and its wildcard alike.
resource "google_certificate_manager_dns_authorization" "this" {
  for_each = var.domain != "" ? { users = var.domain, functions = local.functions } : {}

  project = var.project_id
  name    = "${var.name}-${each.key}"
  domain  = each.value
  labels  = local.labels

  depends_on = [google_project_service.needed]
}

resource "google_dns_record_set" "authorization" {
  for_each = google_certificate_manager_dns_authorization.this

  project      = var.project_id
  managed_zone = local.dns_zone
  name         = each.value.dns_resource_record[0].name
  type         = each.value.dns_resource_record[0].type
  ttl          = 300
  rrdatas      = [each.value.dns_resource_record[0].data]

  depends_on = [google_dns_managed_zone.this]
}

resource "google_certificate_manager_certificate" "this" {
  for_each = google_certificate_manager_dns_authorization.this

  project = var.project_id
  name    = "${var.name}-${each.key}"
  labels  = local.labels

  managed {
    domains            = ["*.${each.value.domain}"]
    dns_authorizations = [each.value.id]
  }
}

resource "google_certificate_manager_certificate_map" "this" {
  count = var.domain != "" ? 1 : 0

  project = var.project_id
  name    = var.name
  labels  = local.labels

  depends_on = [google_project_service.needed]
}

resource "google_certificate_manager_certificate_map_entry" "this" {
  for_each = google_certificate_manager_certificate.this

  project      = var.project_id
  name         = "${var.name}-${each.key}"
  map          = google_certificate_manager_certificate_map.this[0].name
  hostname     = each.value.managed[0].domains[0]
  certificates = [each.value.id]
  labels       = local.labels
}
