"""What a store keeps about its records: telling it, and making its decisions again."""
