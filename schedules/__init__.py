"""What time brings: planning, delivery, escalation, upkeep."""
