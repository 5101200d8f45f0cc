"""How long `rulewright validate` of one payload takes, beside `python -c pass`.

python tests/benchmarks/startup.py

Warm: the rules were read and checked before (rulewright/bundle.py). Cold: every run reads them again.
The runs of all are interleaved; the best of each is compared, because other work on the machine only adds.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 15
ACTOR = '{"agent": 3, "group": 9}'


def main() -> None:
    """Print seconds and ratios."""
    with tempfile.TemporaryDirectory() as folder:
        payload = Path(folder) / "case.json"
        payload.write_text(json.dumps({"first_name": "Ann", "last_name": "Lee"}))
        validate = ["-m", "rulewright", "validate", "ct_oi/case", str(payload), "--actor", ACTOR]
        # Bytecode is kept, as it is wherever Rulewright is installed, but not in this checkout.
        usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        usual["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "bytecode")
        warm = usual | {"RULEWRIGHT_CACHE": str(Path(folder) / "cache")}
        cold = usual | {"RULEWRIGHT_CACHE": "off"}
        runs = {
            "python -c pass": (["-c", "pass"], warm),
            "rulewright --help": (["-m", "rulewright", "--help"], warm),
            "validate, warm": (validate, warm),
            "validate, cold": (validate, cold),
        }
        for run in runs.values():
            _time(*run)
        found: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(ROUNDS):
            for name, run in runs.items():
                found[name].append(_time(*run))
    base = found["python -c pass"]
    print(f"{'':20}{'best ms':>9}{'median':>9}{'x pass (best)':>15}{'(median)':>10}")
    for name, times in found.items():
        best, middle = min(times), statistics.median(times)
        ratios = f"{best / min(base):>15.1f}{middle / statistics.median(base):>10.1f}"
        print(f"{name:20}{best * 1000:>9.0f}{middle * 1000:>9.0f}{ratios}")


def _time(words: list[str], environment: dict[str, str]) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, *words], env=environment, capture_output=True, check=False)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
