"""What a model service says in an error, fit for logs and for the ledger, which everybody reads.

Services and proxies quote the request when they refuse it, papers and prompts with it.
"""

from __future__ import annotations

import json

from arxivdaily.ports import Prompt

RUN = 24  # characters in a row that no service says by chance
REPEATED = "(it repeats what it was asked)"


def without_echo(said: str, prompt: Prompt) -> str:
    """`said`, up to where it begins to repeat `RUN` characters of the prompt, as it is or as in JSON."""
    asked = " ".join(f"{prompt.system} {prompt.user}".split())
    asked += json.dumps(asked) + json.dumps(asked, ensure_ascii=False)
    for start in range(len(said) - RUN + 1):
        if said[start : start + RUN] in asked:
            return f"{said[:start]}{REPEATED}"
    return said
