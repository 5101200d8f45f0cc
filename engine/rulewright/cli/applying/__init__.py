"""Storing what is accepted: files of payloads, plans that were looked at before, and events."""
