# The provider hashicorp/google does not support data source "google_nobody"

data "google_nobody" "twin" {}
