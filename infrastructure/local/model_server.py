"""The instruct model's process: llama.cpp's OpenAI-compatible server on 127.0.0.1.

Started by `ModelServer` as `python -m infrastructure.local.model_server MODEL NAME PORT`, with the key that
callers must have in its environment: others see arguments.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from infrastructure.local.processes import end_with_parent

KEY_VARIABLE = "ARXIVDAILY_MODEL_KEY"
_CONTEXT = 8192  # tokens: an abstract, the glossary, the answer and room for a second try


def main() -> None:
    """Serve until told to stop, or until the process that started this one is gone."""
    end_with_parent()
    model, name, port = sys.argv[1:]
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = model
    parameters.model_alias = {name}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = int(port)
    parameters.api_keys = [os.environ.pop(KEY_VARIABLE)]
    parameters.cors_origins = ""  # no page may read an answer; llama.cpp's own default lets every page
    parameters.n_ctx = _CONTEXT
    parameters.n_parallel = 1  # two cores are one request's worth
    parameters.cpuparams.n_threads = os.cpu_count() or 2
    parameters.cpuparams_batch.n_threads = os.cpu_count() or 2
    parameters.cache_ram_mib = 0  # one slot keeps the unchanging prefix anyway
    parameters.ui = False
    server = xllamacpp.Server(parameters)  # kept: the server lives as long as this object
    print(f"serving {name} on {server.listening_address}", flush=True)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    stop.wait()
    os._exit(0)  # llama.cpp's threads need no farewell


if __name__ == "__main__":
    main()
