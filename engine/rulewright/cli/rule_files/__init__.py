"""Work on rule files, without payloads to decide: checking them, running their scenarios, their schemas."""
