# An argument named "versioning" is not expected here. Did you mean to define a block

resource "google_storage_bucket" "twin" {
  name       = "twin"
  location   = "EU"
  versioning = true
}
