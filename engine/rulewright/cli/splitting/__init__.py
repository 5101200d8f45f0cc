"""What becomes of the payloads of a batch: --accepted, --rejected and --max-errors."""
