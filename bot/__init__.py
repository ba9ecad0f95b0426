"""The house: rules, store, outbox, channels and verbs."""
