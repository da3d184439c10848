"""What is kept in the object store: names of every object, the audit log, replies, deliveries, dead letters."""
