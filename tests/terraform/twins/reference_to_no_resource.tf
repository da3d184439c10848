# A managed resource "google_pubsub_topic" "nobody" has not been declared in the root module

locals {
  twin = google_pubsub_topic.nobody.id
}
