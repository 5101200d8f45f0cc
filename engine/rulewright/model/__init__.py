"""A rule file as plain, frozen data: what the analyst wrote, checked in shape, with positions.

Nothing here computes. Expressions stay text (with the scalar they came from) until `program`
compiles them, so that a rule file can be printed, compared and tested alone. `at` of a part maps
each keyword that was written to the place of its key.

What the engine keeps to itself, here and elsewhere, is a frozen `msgspec.Struct`: making a class of data
takes 0.03 ms so, 0.6 ms by `@dataclass`, and a command needs some two hundred before it begins. Data
classes are what users of the library make or hold (outcomes, problems, the ports' tables, plug-ins), what
is worked on, what leaves a field out of its `repr` or of comparing, and what a light start reads.
"""

from rulewright.model.behaviour import (
    Effect,
    Event,
    Finding,
    Inference,
    LookUp,
    Operation,
    Reaction,
    State,
    Timeout,
    Transition,
    Variant,
    Workflow,
)
from rulewright.model.fields import Check, Compute, Field, Generate, Reference, Unique
from rulewright.model.files import (
    Api,
    Auth,
    ErrorDialect,
    Idempotency,
    ResponseShape,
    RuleFile,
    RuleSet,
    Setting,
    Target,
)
from rulewright.model.values import (
    Constant,
    Constants,
    Expression,
    Itself,
    Template,
    TemplateList,
    TemplateMap,
)

__all__ = [
    "Api",
    "Auth",
    "Check",
    "Compute",
    "Constant",
    "Constants",
    "Effect",
    "ErrorDialect",
    "Event",
    "Expression",
    "Field",
    "Finding",
    "Generate",
    "Idempotency",
    "Inference",
    "Itself",
    "LookUp",
    "Operation",
    "Reaction",
    "Reference",
    "ResponseShape",
    "RuleFile",
    "RuleSet",
    "Setting",
    "State",
    "Target",
    "Template",
    "TemplateList",
    "TemplateMap",
    "Timeout",
    "Transition",
    "Unique",
    "Variant",
    "Workflow",
]
