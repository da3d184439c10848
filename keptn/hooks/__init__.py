"""The webhooks: who may post, and what becomes of a notification once `keptn.webhooks` has read it."""
