"""Which lines of a JSONL file are surely accepted, told from their bytes at a glance.

Of everything else the hot path, or the plain evaluator, decides. A module imports only from those that stand
before it in this list:

  chains                                 expressions that name something, taken apart
  lines, judges                          what a line is decoded into, and what its values may be
  proofs, guards                         what was proven, and which records must not be there
  reads                                  which fields expressions read, and how much of them counts
  effect_reads, field_reads              the same of effects, and of fields with their rules
  response_reads, named                  of responses, and of the records that fields refer to
  mentions                               all of it: which fields of a payload count
  verdicts                               the bytes of a line, judged
  written                                what is no line, written as the line that it might have been
"""
