"""How much input is taken: far above what an API resource needs, low enough to stay safe."""

from __future__ import annotations

from typing import Final

# One payload, as bytes. The largest real case seen is below 20 KiB.
MAX_PAYLOAD_BYTES: Final = 10 * 1024 * 1024
# What is read as a whole: a workbook, a document that is no batch, JSON from a pipe. Other batches stream.
MAX_DOCUMENT_BYTES: Final = 100 * 1024 * 1024
# Fields, parts and items of one payload: of each there may be a problem to tell, which takes some KiB.
MAX_VALUES: Final = 100_000
# Shorter texts can't hold more: a value takes a digit and a comma.
ROOMY_BYTES: Final = 2 * MAX_VALUES
# Objects and lists within each other. json's scanner and our own views recurse once a level.
MAX_DEPTH: Final = 100
