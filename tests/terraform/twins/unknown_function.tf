# There is no function named "nobody"

locals {
  twin = nobody("twin")
}
