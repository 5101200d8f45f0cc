"""The plug-ins that ship: all types and generators but the basic ones, written as others write theirs."""
