# encoding is "nobody", which is none of ENCODING_UNSPECIFIED, JSON, BINARY

resource "google_pubsub_topic" "twin" {
  name = "twin"
  schema_settings {
    schema   = "twin"
    encoding = "nobody"
  }
}
