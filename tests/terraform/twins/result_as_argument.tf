# effective_labels is a result, no argument

resource "google_pubsub_topic" "twin" {
  name             = "twin"
  effective_labels = {}
}
