"""The fixture that installs plug-ins."""

from installing import installing

__all__ = ["installing"]
