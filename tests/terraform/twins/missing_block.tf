# At least 1 "action" blocks are required

resource "google_storage_bucket" "twin" {
  name     = "twin"
  location = "EU"
  lifecycle_rule {
    condition {
      age = 1
    }
  }
}
