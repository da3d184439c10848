# The condition for variable "twin" must refer to var.twin

variable "twin" {
  type = string
  validation {
    condition     = var.project_id != ""
    error_message = "No."
  }
}
