# The argument "name" is required, but no definition was found

resource "google_pubsub_topic" "twin" {}
