"""Messages to other APIs: what is kept, delivered, retried, dropped and removed, and passing payloads on."""
