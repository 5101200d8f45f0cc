"""Messages to other APIs: listed, sent, retried, dropped and removed; and payloads that are passed on."""
