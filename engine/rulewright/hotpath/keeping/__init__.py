"""Keeping a generated program for the next process: `kept` takes it apart, and hotpath.warm runs it there."""
