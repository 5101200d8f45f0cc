"""Scenario files (design.md section 5): rules proved by examples that an analyst reads and extends.

Files become `ScenarioFile`s (reading), scenarios are run on a fresh store each (running), and what came
out otherwise than written is data (`Result`, `Mismatch`); printing is in `pretty`, `junit` and `plain`.
"""

from rulewright.scenarios.finding import find_files, rules_beside
from rulewright.scenarios.model import ABSENT, Expectation, Scenario, ScenarioFile, Step
from rulewright.scenarios.reading import read_file, read_scenarios
from rulewright.scenarios.results import Mismatch, Report, Result
from rulewright.scenarios.running import Runner
from rulewright.scenarios.selection import Selection, parse_selection

__all__ = [
    "ABSENT",
    "Expectation",
    "Mismatch",
    "Report",
    "Result",
    "Runner",
    "Scenario",
    "ScenarioFile",
    "Selection",
    "Step",
    "find_files",
    "parse_selection",
    "read_file",
    "read_scenarios",
    "rules_beside",
]
