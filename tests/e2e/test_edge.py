"""The distribution of infrastructure/edge.yaml before the bucket: the emulator runs its function in Node,
signs its requests to the bucket and puts its headers on what comes back."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from deployed_application import CHANNEL, Application

from infrastructure.local.server import SECURITY_HEADERS


@pytest.fixture(scope="module")
def edition(application: Application) -> str:
    return application.make_edition()


def test_every_object_has_one_address_and_its_bytes(application: Application, edition: str) -> None:
    objects = application.objects()
    assert len(objects) > 100
    for key, body in objects.items():
        address = f"/{key.removesuffix('index.html')}"
        answer = application.get(address)
        assert (answer.status, answer.body) == (200, body), address


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/{channel}", "/{channel}/"),
        ("/{channel}/index.html", "/{channel}/"),
        ("/{channel}/{edition}?q=1", "/{channel}/{edition}/?q=1"),
        ("/index.html", "/"),
    ],
)
def test_other_addresses_of_a_page_lead_to_it(
    application: Application, edition: str, path: str, location: str
) -> None:
    answer = application.get(path.format(channel=CHANNEL, edition=edition))
    assert answer.status == 301
    assert answer.headers["location"] == location.format(channel=CHANNEL, edition=edition)


def test_without_encryption_readers_are_sent_to_the_encrypted_address(
    application: Application, edition: str
) -> None:
    answer = application.get("/", proto="http")
    assert answer.status == 301
    assert answer.headers["location"].startswith("https://")


@pytest.mark.parametrize("path", ["/no-such-channel/", "/papers/0000.00000/", "//example.org/", "/a%2f.."])
def test_what_is_not_there_gets_the_sites_own_page(application: Application, edition: str, path: str) -> None:
    answer = application.get(path)
    assert answer.status == 404
    assert answer.body == application.get("/404.html").body


def test_pages_have_the_headers_of_the_local_server(application: Application, edition: str) -> None:
    headers = application.get(f"/{CHANNEL}/{edition}/").headers
    for name, value in SECURITY_HEADERS.items():
        assert headers[name.lower()] == value
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert "stale-while-revalidate" in headers["cache-control"]


def test_assets_are_kept_for_a_year_and_data_is_for_everybodys_scripts(
    application: Application, edition: str
) -> None:
    asset = next(
        key for key in application.object_keys() if key.startswith("assets/") and key.endswith(".css")
    )
    assert "max-age=31536000" in application.get(f"/{asset}").headers["cache-control"]
    assert "immutable" in application.get(f"/{asset}").headers["cache-control"]


def test_the_bucket_answers_its_distribution_alone(application: Application, edition: str) -> None:
    host = f"{application.bucket}.s3.us-east-1.amazonaws.com"
    assert application.get("/index.html", host=host).status == 403
    assert application.get("/", host=host).status == 403


def test_the_bucket_refuses_what_is_not_encrypted(application: Application, edition: str) -> None:
    """Whoever asks: here somebody who may read everything."""
    iam = application.emulator.client("iam")
    iam.create_user(UserName="reader")
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="reader", PolicyName="everything", PolicyDocument=document)
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    s3 = boto3.client(
        "s3",
        endpoint_url=application.emulator.endpoint,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    assert s3.get_object(Bucket=application.bucket, Key="index.html")["Body"].read()
    s3.meta.events.register("before-sign.s3.GetObject", _unencrypted)
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.get_object(Bucket=application.bucket, Key="index.html")


def _unencrypted(request: Any, **_: object) -> None:
    request.headers["X-Forwarded-Proto"] = "http"
