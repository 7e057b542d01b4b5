"""The way to the model service: faults drawn, answers counted as they are read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from unittest import mock

from arxivdaily.adapters.openai_compatible import OpenAiModel
from arxivdaily.domain.papers import Paper
from chaos.kernel import Process
from chaos.loopback import Loopback, Pause, Pool, Reply

if TYPE_CHECKING:
    from chaos.world import World

_TOKENS = 110  # for each paper of a question
# Answers whose price the client does not learn: one says none, of the other it reads no more than that.
_UNTOLD = ("not a completion", "withheld")
_NOTHING = Reply(500, b"nobody asked")


class ModelBoundary:
    """An OpenAI-compatible endpoint on loopback; `with` puts virtual time into our client's pool."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._server = Loopback(lambda _method, _path, _body: self._reply)
        self._reply = _NOTHING
        self._patch: Any = None

    def environment(self) -> dict[str, str]:
        values = {
            "LLM_PROVIDER": "openai",
            "LLM_BASE_URL": f"{self._server.url}/v1",
            "CLASSIFY_MODEL": "first",
            "TRANSLATE_MODEL": "first",
        }
        if self._world.outcome.seed % 3 == 0:
            values |= {"CLASSIFY_FALLBACK_MODEL": "second", "TRANSLATE_FALLBACK_MODEL": "second"}
        return values

    def __enter__(self) -> None:
        self._server.__enter__()
        init = OpenAiModel.__init__
        boundary = self

        def patched(model: OpenAiModel, *words: Any, **options: Any) -> None:
            init(model, *words, clock=boundary._world.now, **options)
            model._pool = boundary._pool(float(options["timeout"]))  # type: ignore[assignment]

        self._patch = mock.patch.object(OpenAiModel, "__init__", patched)
        self._patch.start()

    def __exit__(self, *_: object) -> None:
        self._patch.stop()
        self._server.__exit__(None, None, None)

    def _pool(self, timeout: float) -> Pool:
        world = self._world

        def before(method: str, url: str, body: bytes) -> Pause:
            task = world.kernel.current()
            assert task
            assert task.process
            process = task.process
            dies = world.begin(process)
            request = json.loads(body)
            stage, labelled = world.models.about(request, process)
            papers = list(labelled.values())
            fault = world.faults.draw("model", world.kernel.now)
            if stage == "translate" and papers[0].versioned_id == world.models.refused:
                fault = fault or ("refusal" if world.kernel.now < world.quiet else "")
            if fault:
                world.faults.count("model", fault)
            names = ",".join(paper.versioned_id for paper in papers)
            world.note(f"{process.name} {stage} {names} {fault}")
            self._reply, good = world.models.answer(stage, labelled, fault)
            self._pay(stage, papers, good, process, told=fault not in _UNTOLD)
            if dies:
                process.die("killed")
            world.outcome.events["model calls"] += 1
            if fault == "hang":
                return Pause(timeout, silence=True)
            return Pause(world.chance.lognormvariate(1.0, 0.8))

        return Pool(world.kernel.sleep, before)

    def _pay(
        self, stage: str, papers: Sequence[Paper], good: Sequence[Paper], process: Process, *, told: bool
    ) -> None:
        """The service counts what it has answered, whoever is still there to read it."""
        world = self._world
        for paper in papers:
            if self._reply.status == 200 and not self._reply.broken:
                world.ledger.answered((stage, paper.versioned_id), process, _TOKENS, told=told)
        for paper in good:
            world.ledger.bought((stage, paper.versioned_id), process, world.kernel.now)
