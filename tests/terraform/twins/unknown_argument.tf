# An argument named "nobody" is not expected here

resource "google_pubsub_topic" "twin" {
  name   = "twin"
  nobody = 1
}
