"""What generated code calls; `names` lists all of it. Whatever is not sure raises `state.Decline`."""
