# The manifests of this repository, built by the provider; no cluster is asked.

provider "kustomization" {
  kubeconfig_raw = yamlencode({
    apiVersion      = "v1"
    kind            = "Config"
    current-context = "none"
    contexts        = [{ name = "none", context = { cluster = "none", user = "none" } }]
    clusters        = [{ name = "none", cluster = { server = "https://127.0.0.1:1" } }]
    users           = [{ name = "none", user = {} }]
  })
}

variables {
  image    = "registry.example.org:5000/keptn@sha256:0123456789012345678901234567890123456789012345678901234567890123"
  settings = { KEPTN_STORE = "gcs", KEPTN_BUCKET = "state" }
}

run "what_is_there" {
  command = plan

  assert {
    condition     = contains(keys(kustomization_resource.first), "_/Namespace/_/keptn") && contains(keys(kustomization_resource.steps), "serving.knative.dev/Service/keptn/deploy")
    error_message = "Namespaces come first, then the steps."
  }
}

run "what_lies_in_no_namespace" {
  command = plan

  assert {
    condition     = alltrue([for id, one in kustomization_resource.second : !contains(keys(jsondecode(one.manifest).metadata), "namespace") if strcontains(id, "/ValidatingAdmissionPolicy")])
    error_message = "Policies are the cluster's: the provider refuses them with a namespace."
  }
}

run "what_is_said_of_this_cluster" {
  command = plan

  variables {
    test_image        = "registry.example.org/keptn-test:0.1.0"
    image_pull_secret = "keptn-registry"
  }

  assert {
    condition     = jsondecode(kustomization_resource.steps["serving.knative.dev/Service/keptn/deploy"].manifest).spec.template.spec.containers[0].image == var.image
    error_message = "A step runs the image, by its digest."
  }
  assert {
    condition     = jsondecode(kustomization_resource.steps["sinks.knative.dev/JobSink/keptn/test"].manifest).spec.job.spec.template.spec.containers[0].image == var.test_image
    error_message = "The test's Job has its own."
  }
  assert {
    condition     = jsondecode(kustomization_resource.second["_/ConfigMap/keptn/keptn-settings"].manifest).data.KEPTN_BUCKET == "state" && jsondecode(kustomization_resource.second["_/ConfigMap/keptn/keptn-settings"].manifest).data.KEPTN_WAIT_S != ""
    error_message = "Settings stand above those of the manifests."
  }
  assert {
    condition     = jsondecode(kustomization_resource.steps["eventing.knative.dev/Broker/keptn/default"].manifest).metadata.annotations["eventing.knative.dev/broker.class"] == "Kafka"
    error_message = "The Broker is Kafka's unless told otherwise."
  }
  assert {
    condition     = jsondecode(kustomization_resource.second["_/ServiceAccount/keptn/keptn-step"].manifest).imagePullSecrets[0].name == "keptn-registry"
    error_message = "Every account has the pull secret."
  }
}

run "an_overlay" {
  command = plan

  variables {
    manifests = "../../../knative/overlays/kind"
    image     = "registry.example.org/keptn:0.2.0"
    broker    = { class = "MTChannelBasedBroker", config = { name = "config-br-default-channel", namespace = "knative-eventing" } }
  }

  assert {
    condition     = jsondecode(kustomization_resource.second["apps/Deployment/keptn/git"].manifest).spec.template.spec.containers[0].image == "registry.example.org/keptn:0.2.0"
    error_message = "Whatever an overlay calls the image, it is this one."
  }
  assert {
    condition     = issensitive(kustomization_resource.second["_/Secret/keptn/git"].manifest)
    error_message = "A Secret of an overlay is shown in no plan."
  }
}

run "a_tag_that_may_be_another_one_tomorrow" {
  command = plan

  variables {
    image = "registry.example.org/keptn:latest"
  }

  expect_failures = [var.image]
}

run "what_cannot_be" {
  command = plan

  variables {
    manifests  = "/somewhere/knative"
    image      = "registry.example.org/keptn"
    test_image = "no image"
    settings   = { "keptn_store" = "gcs" }
    broker     = { class = "RabbitMQBroker" }
  }

  expect_failures = [var.manifests, var.image, var.test_image, var.settings, var.broker]
}

run "an_example_that_was_copied" {
  command = plan

  variables {
    settings = { KEPTN_BUCKET = "state", KEPTN_GIT_URL = "https://git.example.com/{project}.git" }
  }

  expect_failures = [var.settings]
}
