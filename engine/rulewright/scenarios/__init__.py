"""Scenario files (design.md section 5): rules proved by examples that an analyst reads and extends.

Files become `ScenarioFile`s, scenarios are run on a fresh store each, and what came out otherwise than
written is data (`Result`, `Mismatch`). A module imports only from those that stand before it in this list:

  files                        which files there are
  model, results               a file, and a run, as data
  selection                    which scenarios are to be run
  binding, given               values of earlier steps; the records that are there before
  shapes, checking, reading    the keywords, the names in them, and the whole file
  pairing, matching            what is expected beside what there is
  masking, running             each scenario on its store
  conditions, coverage         which outcomes of which conditions were seen
  mutants, mutation            which spoilt rules are noticed
  pretty, plain, junit         a report for people, for programs and for CI servers
  findings, thoroughness       its mistakes at their places; coverage and mutation in it
"""

from rulewright.scenarios.files import find_files, rules_beside
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
