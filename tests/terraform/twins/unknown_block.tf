# Blocks of type "nobody" are not expected here

resource "google_pubsub_topic" "twin" {
  name = "twin"
  nobody {}
}
