# The argument "error_message" is required, but no definition was found

variable "twin" {
  type = string
  validation {
    condition = var.twin != ""
  }
}
