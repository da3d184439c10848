output "registry" {
  description = "Where images are pushed to."
  value       = module.google.registry
}

output "name_servers" {
  description = "What to enter at the domain's registrar."
  value       = module.google.name_servers
}

output "bridge" {
  description = "Where people look, in a browser."
  value       = module.google.bridge
}

output "next" {
  description = "The commands that come next."
  value       = "${module.google.next}\nkubectl -n keptn wait --for=condition=Ready ksvc,trigger,broker,jobsink --all --timeout=300s"
}
