"""Results and problems as text, one module per output format."""
