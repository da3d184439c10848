# A data resource "google_project" "nobody" has not been declared in the root module

output "twin" {
  value = 1
  precondition {
    condition     = data.google_project.nobody.number != ""
    error_message = "No."
  }
}
