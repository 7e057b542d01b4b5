"""The CloudFront Function as edge.yaml deploys it, run by Node in a context that has only the language.

CloudFront's runtime (cloudfront-js-2.0) is ECMAScript 5.1 with parts of later ones: no modules, timers,
network or files. A bare `vm` context has none of these either.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from checkers import node
from samtranslator.yaml_helper import yaml_parse

EDGE_TEMPLATE = Path(__file__).resolve().parent.parent / "infrastructure" / "edge.yaml"
DISTRIBUTION = "d111111abcdef8.cloudfront.net"
_MOST_HOPS = 5

# A line is an event, the answer a line: what the function returned, or the error it threw.
_HARNESS = """
const handler = require('vm').runInNewContext(process.argv[1] + '; handler', {});
require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  let answer;
  try { answer = handler(JSON.parse(line)); } catch (error) { answer = { error: String(error) }; }
  process.stdout.write(JSON.stringify(answer) + '\\n');
});
"""


def template() -> dict[str, Any]:
    return cast(dict[str, Any], yaml_parse(EDGE_TEMPLATE.read_text("utf-8")))


def code(domain: str = "") -> str:
    """What CloudFormation makes of the template's code for this DomainName."""
    text = template()["Resources"]["RewriteFunction"]["Properties"]["FunctionCode"]["Fn::Sub"]
    return str(text).replace("${DomainName}", domain)


def event(uri: str, querystring: str = "", host: str = DISTRIBUTION, method: str = "GET") -> dict[str, Any]:
    """A viewer request as CloudFront passes it: nothing is decoded, and a name may have several values."""
    fields: dict[str, dict[str, Any]] = {}
    for part in filter(None, querystring.split("&")):
        name, _, value = part.partition("=")
        if name in fields:
            several = fields[name].setdefault("multiValue", [{"value": fields[name]["value"]}])
            several.append({"value": value})
        else:
            fields[name] = {"value": value}
    return {
        "version": "1.0",
        "context": {
            "distributionDomainName": DISTRIBUTION,
            "distributionId": "EDFDVBD6EXAMPLE",
            "eventType": "viewer-request",
            "requestId": "EXAMPLEntjQpEXAMPLE_SG5Z-EXAMPLEPmPfEXAMPLEu3EqEXAMPLE==",
        },
        "viewer": {"ip": "198.51.100.11"},
        "request": {
            "method": method,
            "uri": uri,
            "querystring": fields,
            "headers": {"host": {"value": host}, "accept": {"value": "text/html", "multiValue": []}},
            "cookies": {"kept": {"value": "as it is"}},
        },
    }


@dataclass(frozen=True)
class Outcome:
    """Where a reader ends: the object that is asked for, after these redirects."""

    key: str
    hops: tuple[str, ...] = ()


class EdgeFunction:
    """A running function for one DomainName, between `with` and its end."""

    def __init__(self, domain: str = "") -> None:
        self._process = subprocess.Popen(  # noqa: S603
            [node(), "-e", _HARNESS, "--", code(domain)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> EdgeFunction:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=10)

    def __call__(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The request or the response that the function returns for an event."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer

    def location(self, uri: str, querystring: str = "", host: str = DISTRIBUTION) -> str | None:
        """Where the function redirects to; None where it lets the request pass."""
        answer = self(event(uri, querystring, host))
        if "statusCode" not in answer:
            return None
        assert answer["statusCode"] == 301
        return str(answer["headers"]["location"]["value"])

    def key(self, uri: str, host: str = DISTRIBUTION) -> str:
        """The object that is asked of the bucket; AssertionError for a redirect."""
        return str(self(event(uri, host=host))["uri"])

    def walk(self, uri: str, host: str = DISTRIBUTION) -> Outcome:
        """Follow redirects as a browser does."""
        hops: list[str] = []
        for _ in range(_MOST_HOPS):
            target = self.location(uri, host=host)
            if target is None:
                return Outcome(self.key(uri, host), tuple(hops))
            hops.append(target)
            parts = urlsplit(target)
            uri, host = parts.path, parts.netloc or host
        raise AssertionError(f"redirects do not end: {hops}")


def pairs(querystring: str) -> list[tuple[str, str]]:
    """A query's fields, sorted; CloudFront groups those of one name."""
    return sorted(parse_qsl(querystring, keep_blank_values=True))
