"""Our log lines are ones that Lambda can read, and nobody else's have secrets in them."""

from __future__ import annotations

import ast
import io
import json
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import botocore.session
import pytest
from arxivdaily.adapters import aws, logs
from arxivdaily.adapters.quiet import keep_others_quiet
from aws_lambda_powertools import Logger
from hypothesis import given
from hypothesis import strategies as st
from lambda_logs import LEVELS, is_timestamp, kept, level_of

FUNCTIONS = Path(logs.__file__).resolve().parents[2]
SEVERITIES = {
    logging.DEBUG: "DEBUG",
    logging.INFO: "INFO",
    logging.WARNING: "WARN",
    logging.ERROR: "ERROR",
    logging.CRITICAL: "FATAL",
}
TEXT = st.text(max_size=30)


def record(severity: int, message: object, *, created: float = 1781755506.789) -> logging.LogRecord:
    made = logging.LogRecord("arxivdaily", severity, __file__, 1, message, None, None)
    made.created, made.msecs = created, int(created % 1 * 1000)
    return made


@pytest.mark.parametrize(("severity", "name"), SEVERITIES.items())
def test_a_line_has_lambdas_level_and_the_time_in_utc(
    severity: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        line = json.loads(logs.LambdaFormatter().format(record(severity, "told")))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert (line["level"], line["timestamp"]) == (name, "2026-06-18T04:05:06.789Z")
    assert line["message"] == "told"


@given(
    severity=st.sampled_from(list(SEVERITIES)),
    message=st.one_of(TEXT, st.dictionaries(TEXT, TEXT, max_size=3)),
    created=st.floats(min_value=0, max_value=4102444800),
)
def test_lambda_takes_every_line_for_what_it_is(severity: int, message: object, created: float) -> None:
    line = logs.LambdaFormatter().format(record(severity, message, created=created))
    assert "\n" not in line
    assert level_of(line) == SEVERITIES[severity]
    for level in LEVELS:
        assert bool(kept([line], level)) is (LEVELS.index(level) <= LEVELS.index(SEVERITIES[severity]))


def test_the_functions_logger_writes_such_lines() -> None:
    assert isinstance(logs.logger.registered_formatter, logs.LambdaFormatter)


def test_powertools_own_format_would_be_taken_for_info() -> None:
    """So the stand-in for Lambda's filter can tell."""
    stream = io.StringIO()
    Logger(service="test_logs.plain", level="INFO", stream=stream).error("lost at WARN and above")
    assert '"level":"ERROR"' in stream.getvalue()
    assert level_of(stream.getvalue()) == "INFO"


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("2026-06-18T04:05:06Z", True),
        ("2026-06-18T04:05:06.789+08:00", True),
        ("2026-06-18 04:05:06,789+0000", False),  # Powertools' default
        ("2026-06-18T04:05:06", False),
        ("2026-06-18T04:05:06+0000", False),
        ("2026-02-30T04:05:06Z", False),
        ("٢٠٢٦-06-18T04:05:06Z", False),
        (1781755506, False),
        (None, False),
    ],
)
def test_rfc_3339(text: object, valid: bool) -> None:
    assert is_timestamp(text) is valid


# --- others ----------------------------------------------------------------------------------


@pytest.fixture
def root() -> Iterator[Callable[[int], io.StringIO]]:
    """Sets the root logger up at a level, as Lambda's runtime client does, and gives what it writes."""
    logger = logging.getLogger()
    level, pytests = logger.level, {handler: handler.level for handler in logger.handlers}
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))

    def set_up(severity: int) -> io.StringIO:
        logger.setLevel(severity)
        logger.addHandler(handler)
        return stream

    yield set_up
    logger.setLevel(level)
    logger.removeHandler(handler)
    for other, its_level in pytests.items():
        other.setLevel(its_level)


LIBRARIES = ("botocore.endpoint", "boto3", "urllib3.connectionpool", "pynamodb", "aws_xray_sdk", "any.other")


@pytest.mark.parametrize("own_level", [logging.NOTSET, 1, logging.DEBUG])
@pytest.mark.parametrize("at", [logging.NOTSET, 5, logging.DEBUG, logging.INFO])
def test_no_library_is_heard_below_info(root: Callable[[int], io.StringIO], own_level: int, at: int) -> None:
    stream = root(at)
    keep_others_quiet()
    for name in LIBRARIES:
        library = logging.getLogger(f"{name}.test_logs")
        library.setLevel(own_level)
        for severity in (1, logging.DEBUG, logging.INFO - 1, logging.INFO, logging.WARNING):
            library.log(severity, "%s at %d", name, severity)
    assert stream.getvalue().splitlines() == [
        line for name in LIBRARIES for line in (f"INFO {name} at 20", f"WARNING {name} at 30")
    ]


def test_a_level_above_info_stays(root: Callable[[int], io.StringIO]) -> None:
    stream = root(logging.ERROR)
    keep_others_quiet()
    logging.getLogger("botocore.test_logs").warning("no")
    logging.getLogger("botocore.test_logs").error("yes")
    assert stream.getvalue() == "ERROR yes\n"


def test_our_own_debug_lines_are_not_kept_back(
    root: Callable[[int], io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", "DEBUG")
    root(logging.DEBUG)
    stream = io.StringIO()
    own = Logger(service="test_logs.own", stream=stream, logger_formatter=logs.LambdaFormatter())
    keep_others_quiet()
    own.debug("heard")
    assert [level_of(line) for line in stream.getvalue().splitlines()] == ["DEBUG"]


def test_others_are_quiet_before_the_first_client_is_made(
    root: Callable[[int], io.StringIO],
) -> None:
    stream = root(logging.DEBUG)
    aws.session.__wrapped__().create_client("ssm", region_name="us-east-1")
    assert {line.partition(" ")[0] for line in stream.getvalue().splitlines()} <= {"INFO"}
    logging.getLogger().setLevel(logging.DEBUG)
    for handler in logging.getLogger().handlers:
        handler.setLevel(logging.DEBUG)
    botocore.session.get_session().create_client("ssm", region_name="us-east-1")
    assert "\nDEBUG " in stream.getvalue(), "as it would be without"


def test_every_line_is_of_the_one_logger() -> None:
    """Another one would have neither its format nor its level. `print` is for metrics alone."""
    makers = {"Logger", "getLogger", "basicConfig", "dictConfig", "fileConfig", "addHandler", "print"}
    makers |= {"set_stream_logger", "set_debug_logger", "set_file_logger", "set_package_logger"}
    found: dict[str, set[str]] = {}
    for path in sorted(FUNCTIONS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in makers:
                    found.setdefault(path.relative_to(FUNCTIONS).as_posix(), set()).add(name)
    assert found == {
        "arxivdaily/adapters/logs.py": {"Logger"},
        "arxivdaily/adapters/quiet.py": {"getLogger"},  # the root logger
        "arxivdaily/site/tex_words.py": {"getLogger"},  # pylatexenc's, silenced
    }


def test_every_function_has_the_logger_before_it_makes_anything() -> None:
    for path in sorted(FUNCTIONS.glob("*/app.py")):
        lines = path.read_text("utf-8").splitlines()
        assert "from arxivdaily.adapters.logs import logger" in lines, path
        assert any(line.startswith("wiring.prepare(") for line in lines), path
