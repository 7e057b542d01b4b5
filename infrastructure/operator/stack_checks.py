"""What `arxivdaily doctor` checks of a deployed application: its account, its stack, its key."""

from __future__ import annotations

from collections.abc import Iterator

from arxivdaily.adapters.aws import translated_errors
from arxivdaily.errors import ArxivDailyError

from infrastructure.operator.access import OperatorError
from infrastructure.operator.checks import Check, Level
from infrastructure.operator.stack import STAGES, Clients, StackApplication, queue_of


def account(clients: Clients) -> Iterator[Check]:
    try:
        with translated_errors("say who you are"):
            identity = clients("sts").get_caller_identity()
        region = clients("cloudformation").meta.region_name
    except ArxivDailyError as error:
        advice = "Set AWS_PROFILE (or sign in again), and AWS_DEFAULT_REGION."
        yield Check("credentials", Level.FAIL, str(error), advice)
        return
    yield Check("credentials", Level.OK, f"account {identity['Account']}, {identity['Arn']}")
    yield Check("region", Level.OK, str(region))


def stack(application: StackApplication, clients: Clients) -> Iterator[Check]:
    try:
        status = application.status
    except (ArxivDailyError, OperatorError) as error:
        yield Check("stack", Level.FAIL, str(error), "sam deploy, or name it with --stack.")
        return
    if status == "REVIEW_IN_PROGRESS":  # its first change set was declined, or never answered
        yield Check(
            "stack", Level.FAIL, f"{status}: nothing is deployed", "sam deploy, and confirm the changes."
        )
        return
    if "ROLLBACK" in status:
        advice = "The last deployment failed: its events say why."
        level = Level.WARN if status.endswith("ROLLBACK_COMPLETE") and "UPDATE" in status else Level.FAIL
        yield Check("stack", level, status, advice)
    elif status.endswith("_IN_PROGRESS"):
        yield Check("stack", Level.WARN, status, "Wait until the deployment has ended.")
    else:
        level = Level.OK if status.endswith("_COMPLETE") else Level.FAIL
        yield Check("stack", level, status, "" if level is Level.OK else "Its events say why; deploy again.")
    try:
        for stage in STAGES:
            application.resource(queue_of(stage))
        given_up = {queue.name: queue.dead for queue in application.queues() if queue.dead}
    except (ArxivDailyError, OperatorError) as error:
        yield Check("queues", Level.FAIL, str(error), "Deploy again; your role needs sqs:GetQueueAttributes.")
    else:
        words = ", ".join(f"{dead} of {name}" for name, dead in given_up.items())
        level = Level.WARN if given_up else Level.OK
        found = f"messages given up: {words}" if given_up else "there, nothing given up"
        shows = f"`{application.place.command('redrive', '--dry-run')}` shows them."
        yield Check("queues", level, found, shows if given_up else "")
    try:
        name = application.resource("FetchFunction")
        with translated_errors("look at the fetch function"):
            function = clients("lambda").get_function_configuration(FunctionName=name)
    except (ArxivDailyError, OperatorError) as error:
        yield Check("fetch", Level.FAIL, str(error), "Deploy again; your role needs lambda:GetFunction*.")
    else:
        state = str(function.get("State", "Active"))
        level = Level.OK if state in ("Active", "Inactive") else Level.FAIL
        why = str(function.get("StateReason") or "Deploy again.")
        yield Check("fetch", level, f"{name}: {state}", "" if level is Level.OK else why)


def protection(application: StackApplication) -> Iterator[Check]:
    """Of the table, once it holds something: before that a stack that fails must be able to take it away."""
    if application.parameters.get("TableProtection") == "false":
        advice = "sam deploy --parameter-overrides TableProtection=true"
        yield Check("protection", Level.WARN, "one call can delete the table", advice)


def key(name: str, clients: Clients) -> Check:
    """Whether the endpoint's key is stored where the functions look for it; it is not decrypted."""
    try:
        with translated_errors(f"find SSM parameter {name}"):
            found = clients("ssm").get_parameter(Name=name)["Parameter"]
    except ArxivDailyError as error:
        advice = "Store the key there as a SecureString; your role needs ssm:GetParameter."
        return Check("key", Level.FAIL, str(error), advice)
    if found.get("Type") != "SecureString":
        return Check("key", Level.WARN, f"{name} is a {found.get('Type')}", "Store it as a SecureString.")
    return Check("key", Level.OK, name)
