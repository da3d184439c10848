# This object has no argument, nested block, or exported attribute named "nobody"

resource "google_pubsub_topic" "twin" {
  name = "twin"
}

locals {
  twin = google_pubsub_topic.twin.nobody
}
