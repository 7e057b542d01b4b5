"""A language model that says what a test tells it to. (Classifiers and translators: see `fakes`.)"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping

from arxivdaily.domain.records import Usage
from arxivdaily.ports import Completion, Prompt

Answer = str | Mapping[str, object] | Completion | Exception | Callable[[Prompt], object]
USAGE = Usage(input_tokens=100, cached_tokens=40, output_tokens=20)


class FakeModel:
    """Implements `ports.LanguageModel`. Each call takes the next answer of the script.

    A mapping is answered as JSON, a text as it is, an exception is raised, a function is called
    with the prompt and its result used. The last answer may be made to stay (`forever`).
    `prompts` are the questions so far.
    """

    def __init__(self, *answers: Answer, forever: bool = False, model: str = "fake-model") -> None:
        self._answers = list(answers)
        self._forever = forever
        self._lock = threading.Lock()
        self.model = model
        self.prompts: list[Prompt] = []

    def complete(self, prompt: Prompt) -> Completion:
        with self._lock:
            self.prompts.append(prompt)
            if not self._answers:
                raise AssertionError("the model was asked more often than the test expects")
            keep = self._forever and len(self._answers) == 1
            answer: object = self._answers[0] if keep else self._answers.pop(0)
        if callable(answer):
            answer = answer(prompt)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Completion):
            return answer
        text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
        return Completion(text, USAGE)
