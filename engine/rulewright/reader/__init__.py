"""Rule files to the model: their shape is checked, shared types are merged, nothing is computed.

flaws                                  what is wrong with a value, before it has a place
kinds, scalars, shapes                 what a keyword may hold: one value, several, a map of keywords
field_shape, header_shape              the keywords of a field, and of what a target is sent
behaviour_shape, file_shape            those of look-ups, effects and workflows, and of whole files
shape_check, expanding                 a file against its shape; effects that plug-ins have keywords for
parts, types                           a sound map, keyword by keyword; shared types merged into fields
fields, behaviour, resource, api       nodes to the model, as `model` has it
folder, read                           which files there are, and all of it: `read_rules`
"""

from rulewright.reader.read import Reading, read_rules, sorted_problems

__all__ = ["Reading", "read_rules", "sorted_problems"]
