"""What payloads are decided with: rules, the caller, and the records of --store or --records."""
