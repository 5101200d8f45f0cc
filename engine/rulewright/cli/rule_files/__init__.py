"""What is about rule files and not about payloads: checking them, running their scenarios, their schemas."""
