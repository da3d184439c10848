# This default value is not compatible with the variable's type constraint

variable "twin" {
  type    = number
  default = "twin"
}
