"""`arxivdaily`, the operator's command: what it shows and does, a module a group of commands.

`access` says what the commands need of an application; `stack` reaches a deployed one, `local_state`
one that lives on this computer. `commands` look and `changes` have something done, with the `options` that
they share. What a command decides about papers is a use case's business.
"""
