"""What is typed: a module for each command, with its options and help. What it does is imported to run it."""
