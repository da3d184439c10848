# The provider hashicorp/google does not support resource type "google_pubsub_topik"

resource "google_pubsub_topik" "twin" {}
