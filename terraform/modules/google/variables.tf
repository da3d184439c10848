variable "project_id" {
  description = "The Google Cloud project that everything lies in."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id is the project's id (6 to 30 lower-case letters, digits, hyphens), not its name or number; see `gcloud projects list`."
  }
}

variable "region" {
  description = "Where bucket, registry and cluster lie, such as europe-west3."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region is a region such as europe-west3, not a zone; see `gcloud compute regions list`."
  }
}

variable "name" {
  description = "What the names of all that is made here begin with."
  type        = string
  default     = "keptn"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name))
    error_message = "name has 2 to 20 lower-case letters, digits and hyphens, and begins with a letter: it is part of service accounts' names, which have 30 at most."
  }
}

variable "labels" {
  description = "Labels of all that can have some."
  type        = map(string)
  default     = {}
}

variable "namespace" {
  description = "The Kubernetes namespace that the functions run in."
  type        = string
  default     = "keptn"
}

variable "enable_apis" {
  description = "Switch on the APIs of Google Cloud that the parts below need. They stay on when this is taken away."
  type        = bool
  default     = true
}

# --- state ---

variable "create_bucket" {
  description = "Make the bucket. false: `bucket_name` is there, and its lifecycle rules are its owner's."
  type        = bool
  default     = true
}

variable "bucket_name" {
  description = "The bucket of keptn's state. Empty: <project_id>-<name>-state."
  type        = string
  default     = ""

  validation {
    condition     = var.bucket_name == "" || can(regex("^[a-z0-9][a-z0-9_.-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name is the bucket's name alone, without gs:// and without a folder."
  }
  validation {
    condition     = var.create_bucket || var.bucket_name != ""
    error_message = "With create_bucket = false say in bucket_name which bucket is there."
  }
}

variable "retention_days" {
  description = "How long is kept what happened: KEPTN_RETENTION_DAYS, and the bucket's lifecycle rules."
  type        = number
  default     = 90

  validation {
    condition     = var.retention_days >= 1 && floor(var.retention_days) == var.retention_days
    error_message = "retention_days is a whole number of days, 1 or more: a delivery that waits needs what it waits with."
  }
}

variable "evaluation_retention_days" {
  description = "How long evaluations are kept, with which later versions are compared: KEPTN_EVALUATION_RETENTION_DAYS."
  type        = number
  default     = 360

  validation {
    condition     = floor(var.evaluation_retention_days) == var.evaluation_retention_days && var.evaluation_retention_days >= var.retention_days
    error_message = "evaluation_retention_days is a whole number of days and no less than retention_days."
  }
}

variable "soft_delete_days" {
  description = "How long what was deleted can be brought back: 0 (not at all), or 7 to 90."
  type        = number
  default     = 7

  validation {
    condition     = var.soft_delete_days == 0 || (var.soft_delete_days >= 7 && var.soft_delete_days <= 90)
    error_message = "soft_delete_days is 0, or 7 to 90: Cloud Storage takes nothing else."
  }
}

# --- images ---

variable "create_registry" {
  description = "Make the Docker repository in Artifact Registry. false: `registry_id` is there, or images lie elsewhere (then say \"\" there)."
  type        = bool
  default     = true
}

variable "registry_id" {
  description = "The repository in Artifact Registry that your images are pushed to. Empty with create_registry: the value of name."
  type        = string
  default     = ""
}

variable "receive_artifact_url" {
  description = "Where the function receive-artifact is reached, so that Artifact Registry tells it of pushes: https://receive-artifact.keptn.example.com. Empty: with `domain` its address there, else nobody is told."
  type        = string
  default     = ""

  validation {
    condition     = var.receive_artifact_url == "" || can(regex("^https://[^/?#]+(/[^?#]*)?$", var.receive_artifact_url))
    error_message = "receive_artifact_url is an https:// URL without a query: Pub/Sub posts to nothing else."
  }
}

variable "create_topic" {
  description = "Make the Pub/Sub topic gcr, which Artifact Registry tells of all pushes in the project. false: it is there."
  type        = bool
  default     = true
}

# --- cluster ---

variable "cluster" {
  description = "autopilot or standard: a GKE cluster is made. none: there is one in this project, whose workload identity is on."
  type        = string
  default     = "autopilot"

  validation {
    condition     = contains(["autopilot", "standard", "none"], var.cluster)
    error_message = "cluster is autopilot, standard or none."
  }
}

variable "cluster_name" {
  description = "The cluster's name. Empty: the value of name."
  type        = string
  default     = ""
}

variable "network" {
  description = "The VPC network of a cluster that is made here, and its subnetwork."
  type        = object({ network = string, subnetwork = string })
  default     = { network = "default", subnetwork = "default" }
}

variable "nodes" {
  description = "Of a standard cluster: the machine type, and how many there are, at least and at most, in each zone of the region."
  type        = object({ machine_type = string, min = number, max = number })
  default     = { machine_type = "e2-standard-2", min = 1, max = 3 }

  validation {
    condition     = var.nodes.min >= 1 && var.nodes.max >= var.nodes.min
    error_message = "nodes.min is 1 or more (Knative itself always runs), and nodes.max no less."
  }
}

variable "deletion_protection" {
  description = "Whether terraform refuses to delete the cluster."
  type        = bool
  default     = true
}

# --- addresses ---

variable "domain" {
  description = "The domain of all public addresses, such as example.com: functions are <function>.keptn.example.com, services what their values files say below it. Empty: no DNS, no certificate."
  type        = string
  default     = ""

  validation {
    condition     = var.domain == "" || can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "domain is a domain name in lower case, without https://, a wildcard or a dot at its end."
  }
}

variable "create_dns_zone" {
  description = "Make the zone in Cloud DNS; its name servers, an output, must then be entered at the domain's registrar. false: `dns_zone` is there."
  type        = bool
  default     = true
}

variable "dns_zone" {
  description = "Name of the zone in Cloud DNS. Empty with create_dns_zone: the domain, with hyphens."
  type        = string
  default     = ""

  validation {
    condition     = var.domain == "" || var.create_dns_zone || var.dns_zone != ""
    error_message = "With create_dns_zone = false say in dns_zone which zone of Cloud DNS holds the domain."
  }
}
