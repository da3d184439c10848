# Inappropriate value for attribute "name": string required

resource "google_pubsub_topic" "twin" {
  name = ["twin"]
}
