"""What arrives: webhooks, polling, pages."""
