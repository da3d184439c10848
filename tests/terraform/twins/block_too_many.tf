# No more than 1 "versioning" blocks are allowed

resource "google_storage_bucket" "twin" {
  name     = "twin"
  location = "EU"
  versioning {
    enabled = true
  }
  versioning {
    enabled = false
  }
}
