"""The function that tells refusals: the rules once more, going on after a problem. `collector` writes it."""
