"""Which variables of the user's environment the processes of the local application see.

A list of what they need, not of what to hide: nobody knows the names of all tokens and sockets that
a shell may hold, and the functions read texts from outside.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

_SYSTEM = frozenset(
    {
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "LANG",
        "LANGUAGE",
        "TZ",
        "TMPDIR",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "VIRTUAL_ENV",
        "PYTHONPATH",
        "PYTHONHOME",
        "PYTHONUTF8",
        "PYTHONHASHSEED",
        "PYTHONNOUSERSITE",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONPYCACHEPREFIX",
        "PYTHONWARNINGS",
        "OMP_NUM_THREADS",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        # arXiv and model services may be behind a proxy.
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
        *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    }
)


def inherited(environment: Mapping[str, str], own: Collection[str] = ()) -> dict[str, str]:
    """What of `environment` a process is given: what any program needs to run, and the names in `own`."""
    return {
        name: value
        for name, value in environment.items()
        if name in _SYSTEM or name.startswith("LC_") or name in own
    }
