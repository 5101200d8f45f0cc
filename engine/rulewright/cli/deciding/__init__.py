"""Deciding and telling, without storing anything: in full, at a glance, by several processes, explained."""
