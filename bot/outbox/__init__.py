"""The outbox: messages as rows, taken under a lease, with what became of them."""
