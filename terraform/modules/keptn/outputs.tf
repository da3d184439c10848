output "namespace" {
  description = "Where the functions run."
  value       = "keptn"
}

output "objects" {
  description = "How many objects were applied."
  value       = length(data.kustomization_overlay.keptn.ids)
}

output "next" {
  description = "The commands that come next."
  value       = <<-EOT
    kubectl -n keptn-secrets create secret generic api --from-literal=token="$(openssl rand -hex 24)"
    kubectl -n keptn wait --for=condition=Ready ksvc,trigger,broker,jobsink --all --timeout=300s
    keptn auth --endpoint "$(kubectl -n keptn get ksvc api -o jsonpath='{.status.url}')" --api-token "$(kubectl -n keptn-secrets get secret api -o jsonpath='{.data.token}' | base64 -d)"
    keptn create token admin --role configure --expires 90d --use
    keptn bridge
  EOT
}
