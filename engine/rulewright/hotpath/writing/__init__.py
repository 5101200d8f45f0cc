"""Rules to the Python that decides them: `build` makes a resource's module of what the others write.

`unit` is the module on its way; `expressions`, `finding` and `cells` write values, `shape`, `stages` and what
these use write the steps of a decision, `collecting` what tells refusals, and `straight` one function of all.
"""
