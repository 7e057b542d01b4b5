"""Invariants of the edge: who may read the bucket, what is kept how long, with which headers."""

from __future__ import annotations

import fnmatch
import inspect
import re
from collections.abc import Mapping
from typing import Any

import pytest
from arxivdaily.site import assets, objects, urls
from aws_resources import load_template
from cloudformation import holds, refused, resolved
from cloudformation import values as values_of
from edge_function import template

from infrastructure.cli import serve_locally
from infrastructure.local.server import SECURITY_HEADERS

TEMPLATE = load_template()
EDGE = template()
RESOURCES: dict[str, dict[str, Any]] = EDGE["Resources"]
CONFIG: dict[str, Any] = RESOURCES["Distribution"]["Properties"]["DistributionConfig"]
BEHAVIORS: dict[str, dict[str, Any]] = {
    "default": CONFIG["DefaultCacheBehavior"],
    **{behavior["PathPattern"]: behavior for behavior in CONFIG["CacheBehaviors"]},
}
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"  # as AWS documents it
UNIQUE = {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}

DOMAIN = {
    "DomainName": "example.org",
    "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/0123-abcd",
}
ALIAS = {"DomainAlias": "www.example.org"}
ZONE = {"HostedZoneId": "Z0123456789ABC"}


# --- the stack for chosen values ---------------------------------------------------------------


def values(**given: str) -> dict[str, str]:
    return values_of(TEMPLATE, **given)


def made(**given: str) -> dict[str, Any]:
    """The edge's resources for these values."""
    chosen = values(**given)
    return {
        name: resolved(resource["Properties"], chosen, EDGE["Conditions"])
        for name, resource in RESOURCES.items()
        if "Condition" not in resource or holds(EDGE["Conditions"][resource["Condition"]], chosen)
    }


def distribution(**given: str) -> dict[str, Any]:
    config: dict[str, Any] = made(**given)["Distribution"]["DistributionConfig"]
    return config


def broken_rules(**given: str) -> list[str]:
    return refused(TEMPLATE, values(**given))


# --- who reads the bucket ------------------------------------------------------------------


def test_requests_to_the_bucket_are_always_signed() -> None:
    control = RESOURCES["OriginAccessControl"]["Properties"]["OriginAccessControlConfig"]
    assert control["SigningBehavior"] == "always"
    assert control["SigningProtocol"] == "sigv4"
    assert control["OriginAccessControlOriginType"] == "s3"
    (origin,) = CONFIG["Origins"]
    assert origin["OriginAccessControlId"] == {"Fn::GetAtt": ["OriginAccessControl", "Id"]}
    assert origin["DomainName"] == {"Ref": "SiteBucketDomain"}
    assert "CustomOriginConfig" not in origin


def refuses_all_but_tls(statement: Mapping[str, Any], bucket: str) -> None:
    """Whoever comes to the bucket, for whatever, without TLS is refused, and nobody who has it."""
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert not {"NotPrincipal", "NotAction", "NotResource"} & statement.keys()
    whole, objects = statement["Resource"]
    assert (whole, objects) == ({"Fn::GetAtt": [bucket, "Arn"]}, {"Fn::Sub": f"${{{bucket}.Arn}}/*"})
    for over_tls in ("true", "false"):
        request = {"aws:SecureTransport": over_tls}
        applies = [
            operator == "Bool" and request.get(key) == expected
            for operator, keys in statement["Condition"].items()
            for key, expected in keys.items()
        ]
        assert all(applies) is (over_tls == "false")


def test_the_bucket_is_read_by_this_distribution_alone_and_listed_by_nobody() -> None:
    statements = TEMPLATE["Resources"]["SiteBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    for edge, allowing in (("cloudfront", 1), ("none", 0)):
        found = resolved(statements, values(Edge=edge), TEMPLATE["Conditions"])
        (refusal,) = [s for s in found if s["Effect"] == "Deny"]
        refuses_all_but_tls(refusal, "SiteBucket")
        allowed = [s for s in found if s["Effect"] == "Allow"]
        assert len(allowed) == allowing
    (statement,) = [s["Fn::If"][1] for s in statements if "Fn::If" in s]
    assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert statement["Action"] == "s3:GetObject"
    assert statement["Resource"] == {"Fn::Sub": "${SiteBucket.Arn}/*"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceArn": of_edge("DistributionArn")}}


def of_edge(output: str) -> dict[str, list[str]]:
    assert output in EDGE["Outputs"]
    return {"Fn::GetAtt": ["EdgeStack", f"Outputs.{output}"]}


def test_no_bucket_is_public() -> None:
    buckets = [
        resource["Properties"]
        for resource in (*TEMPLATE["Resources"].values(), *RESOURCES.values())
        if resource["Type"] == "AWS::S3::Bucket"
    ]
    assert len(buckets) == 2
    for bucket in buckets:
        assert bucket["PublicAccessBlockConfiguration"] == {
            "BlockPublicAcls": True, "BlockPublicPolicy": True,
            "IgnorePublicAcls": True, "RestrictPublicBuckets": True,
        }  # fmt: skip
        assert "BucketEncryption" in bucket
        assert "WebsiteConfiguration" not in bucket
        assert "AccessControl" not in bucket


# --- how readers are served ----------------------------------------------------------------


def test_protocols() -> None:
    assert CONFIG["HttpVersion"] == "http2and3"
    assert CONFIG["IPV6Enabled"] is True
    assert CONFIG["Enabled"] is True
    assert "DefaultRootObject" not in CONFIG  # with the function's redirect it would be a loop


@pytest.mark.parametrize("name", BEHAVIORS)
def test_every_behavior_compresses_redirects_to_https_and_only_reads(name: str) -> None:
    behavior = BEHAVIORS[name]
    assert behavior["Compress"] is True
    assert behavior["ViewerProtocolPolicy"] == "redirect-to-https"
    assert behavior["AllowedMethods"] == ["GET", "HEAD"]
    assert behavior["TargetOriginId"] == CONFIG["Origins"][0]["Id"]
    assert "OriginRequestPolicyId" not in behavior  # nothing of a reader goes to the bucket
    assert "ForwardedValues" not in behavior


def behavior_of(path: str) -> dict[str, Any]:
    """CloudFront's rule: the first pattern that fits, stars across slashes, case kept."""
    for name, behavior in BEHAVIORS.items():
        if name != "default" and fnmatch.fnmatchcase(path, name):
            return behavior
    return BEHAVIORS["default"]


PAGES = (
    urls.HOME, urls.channel("agents"), urls.channel_edition("agents", "2026-06-18"), urls.archive("agents"),
    urls.paper("2606.01234"), urls.paper_bibtex("2606.01234"), urls.paper_ris("2606.01234"),
    urls.ledger("2026-06-18"), urls.ledgers(2026), urls.LEDGERS, urls.PAPERS, urls.ABOUT, urls.FEEDS,
    urls.NOT_FOUND, urls.ROBOTS,
)  # fmt: skip
DATA = (
    *urls.feeds("agents").values(), *urls.feeds().values(), urls.feed_of_day("agents", "2026-06-18"),
    urls.OPML, urls.group_opml("vision"), urls.api("agents", "2026-06-18"), urls.ledger_json("2026-06-18"),
    urls.SITEMAP, urls.sitemap_year(2026),
)  # fmt: skip


@pytest.mark.parametrize("path", [*PAGES, *DATA])
def test_pages_and_data_are_kept_for_minutes_and_pass_the_function(path: str) -> None:
    behavior = behavior_of(path)
    assert behavior["CachePolicyId"] == {"Ref": "MinutesCachePolicy"}
    headers = "DataHeadersPolicy" if path in DATA else "PageHeadersPolicy"
    assert behavior["ResponseHeadersPolicyId"] == {"Ref": headers}
    (association,) = behavior["FunctionAssociations"]
    assert association["EventType"] == "viewer-request"
    assert association["FunctionARN"] == {"Fn::GetAtt": ["RewriteFunction", "FunctionMetadata.FunctionARN"]}


@pytest.mark.parametrize(
    "name", ["site.0123456789.css", "share/agents.0123456789.png", "feed.0123456789.json"]
)
def test_assets_are_kept_for_a_year(name: str) -> None:
    behavior = behavior_of(urls.asset(name))
    assert behavior["CachePolicyId"] == CACHING_OPTIMIZED
    assert "FunctionAssociations" not in behavior
    assert directives(assets.CACHE_CONTROL) == {"public": 0, "max-age": 31_536_000, "immutable": 0}


def directives(cache_control: str) -> dict[str, int]:
    parts = (part.strip().partition("=") for part in cache_control.split(","))
    return {name: int(value or 0) for name, _, value in parts}


def test_the_policy_lets_pages_say_how_long_they_are_kept() -> None:
    policy = RESOURCES["MinutesCachePolicy"]["Properties"]["CachePolicyConfig"]
    page, missing = directives(objects.PAGE_CACHE), directives(objects.NOT_FOUND_CACHE)
    assert policy["MinTTL"] == 0
    assert policy["DefaultTTL"] == page["max-age"] <= 600
    assert policy["MaxTTL"] >= max(page["max-age"], page["stale-while-revalidate"], page["stale-if-error"])
    assert page["stale-while-revalidate"] < 3600  # or this morning begins with yesterday's edition
    assert missing["max-age"] < page["max-age"]
    assert objects.page_object(urls.NOT_FOUND, b"", "").cache_control == objects.NOT_FOUND_CACHE
    assert objects.page_object(urls.HOME, b"", "").cache_control == objects.PAGE_CACHE


def test_nothing_but_the_path_and_the_encoding_is_in_the_key() -> None:
    policies = [r for r in RESOURCES.values() if r["Type"] == "AWS::CloudFront::CachePolicy"]
    assert policies
    for policy in policies:
        key = policy["Properties"]["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"]
        assert key == {
            "EnableAcceptEncodingBrotli": True,
            "EnableAcceptEncodingGzip": True,
            "CookiesConfig": {"CookieBehavior": "none"},
            "HeadersConfig": {"HeaderBehavior": "none"},
            "QueryStringsConfig": {"QueryStringBehavior": "none"},
        }


def test_what_is_missing_is_the_sites_own_page_for_a_moment() -> None:
    found = {error["ErrorCode"]: error for error in CONFIG["CustomErrorResponses"]}
    assert found.keys() == {403, 404}  # S3 says 403 to those who may not list
    for error in found.values():
        assert error["ResponseCode"] == 404
        assert error["ResponsePagePath"] == urls.NOT_FOUND
        assert error["ErrorCachingMinTTL"] <= 60


# --- headers -------------------------------------------------------------------------------


def headers(policy: str) -> dict[str, str]:
    """What a response headers policy sends, by header."""
    config = RESOURCES[policy]["Properties"]["ResponseHeadersPolicyConfig"]
    security = config["SecurityHeadersConfig"]
    items = [*config["CustomHeadersConfig"]["Items"]]
    assert all(setting["Override"] is True for setting in (*security.values(), *items))
    sent = {
        "Content-Security-Policy": security["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        "X-Content-Type-Options": "nosniff" if "ContentTypeOptions" in security else "",
        "X-Frame-Options": security["FrameOptions"]["FrameOption"],
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        **{item["Header"]: item["Value"] for item in items},
    }
    return {name: str(value) for name, value in sent.items()}


@pytest.mark.parametrize("policy", ["PageHeadersPolicy", "DataHeadersPolicy"])
def test_headers_are_those_of_the_local_server_and_hsts(policy: str) -> None:
    assert headers(policy) == dict(SECURITY_HEADERS)
    config = RESOURCES[policy]["Properties"]["ResponseHeadersPolicyConfig"]
    transport = config["SecurityHeadersConfig"]["StrictTransportSecurity"]
    assert transport["AccessControlMaxAgeSec"] >= 31_536_000
    assert not transport.get("IncludeSubdomains")  # they are not ours to bind


def test_scripts_of_every_origin_read_data_without_credentials_and_no_page() -> None:
    pages = RESOURCES["PageHeadersPolicy"]["Properties"]["ResponseHeadersPolicyConfig"]
    data = RESOURCES["DataHeadersPolicy"]["Properties"]["ResponseHeadersPolicyConfig"]
    assert "CorsConfig" not in pages
    assert data["CorsConfig"]["AccessControlAllowOrigins"] == {"Items": ["*"]}
    assert data["CorsConfig"]["AccessControlAllowCredentials"] is False
    assert data["CorsConfig"]["AccessControlAllowMethods"] == {"Items": ["GET", "HEAD"]}


# --- the domain, the firewall, the logs ----------------------------------------------------


def test_by_itself_the_edge_is_the_distribution_and_nothing_more() -> None:
    found = made()
    assert not {"DomainRecords", "AccessLogBucket", "AccessLogBucketPolicy"} & found.keys()
    config = distribution()
    assert config["ViewerCertificate"] == {"CloudFrontDefaultCertificate": True}
    assert not {"Aliases", "WebACLId", "Logging"} & config.keys()
    assert config["PriceClass"] == "PriceClass_200"


def test_a_domain_has_its_certificate_and_a_modern_tls() -> None:
    config = distribution(**DOMAIN)
    assert config["Aliases"] == ["example.org"]
    assert config["ViewerCertificate"] == {
        "AcmCertificateArn": DOMAIN["CertificateArn"],
        "MinimumProtocolVersion": "TLSv1.2_2021",
        "SslSupportMethod": "sni-only",
    }
    assert distribution(**DOMAIN, **ALIAS)["Aliases"] == ["example.org", "www.example.org"]
    assert "DomainRecords" not in made(**DOMAIN, **ALIAS)


@pytest.mark.parametrize("alias", [{}, ALIAS])
def test_every_domain_has_records_for_both_protocols(alias: dict[str, str]) -> None:
    group = made(**DOMAIN, **ZONE, **alias)["DomainRecords"]
    assert group["HostedZoneId"] == ZONE["HostedZoneId"]
    names = ["example.org", *alias.values()]
    assert [(record["Name"], record["Type"]) for record in group["RecordSets"]] == [
        (name, kind) for name in names for kind in ("A", "AAAA")
    ]
    for record in group["RecordSets"]:
        assert record["AliasTarget"]["DNSName"] == {"Fn::GetAtt": ["Distribution", "DomainName"]}
        assert record["AliasTarget"]["HostedZoneId"] == "Z2FDTNDATAQYW2"  # CloudFront's, as AWS documents it


def test_a_firewall_is_attached_where_there_is_one() -> None:
    arn = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/site/0123-abcd"
    assert distribution(WebAclArn=arn)["WebACLId"] == arn


def test_access_logs_are_kept_for_the_days_asked_for() -> None:
    found = made(AccessLogDays="30")
    logging = found["Distribution"]["DistributionConfig"]["Logging"]
    assert logging == {
        "Bucket": {"Fn::GetAtt": ["AccessLogBucket", "RegionalDomainName"]}, "IncludeCookies": False,
    }  # fmt: skip
    bucket = found["AccessLogBucket"]
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", "30")
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerPreferred"}]
    (statement,) = found["AccessLogBucketPolicy"]["PolicyDocument"]["Statement"]
    refuses_all_but_tls(statement, "AccessLogBucket")


# --- the two stacks ------------------------------------------------------------------------


def test_the_edge_is_given_what_it_asks_for() -> None:
    stack = TEMPLATE["Resources"]["EdgeStack"]
    assert stack["Condition"] == "HasEdge"
    given = stack["Properties"]["Parameters"]
    assert given.keys() == EDGE["Parameters"].keys()
    bucket = given.pop("SiteBucketDomain")
    assert bucket == {"Fn::GetAtt": ["SiteBucket", "RegionalDomainName"]}
    assert given == {name: {"Ref": name} for name in given}
    assert "Transform" not in EDGE
    assert not any("Default" in parameter for parameter in EDGE["Parameters"].values())


def test_outputs_of_the_edge_are_used_only_where_there_is_one() -> None:
    """CloudFormation refuses a stack that asks a resource that is not made."""

    def uses(value: Any) -> bool:
        if isinstance(value, dict):
            target = value.get("Fn::GetAtt", [""])
            return target[0] == "EdgeStack" or any(uses(item) for item in value.values())
        return isinstance(value, list) and any(uses(item) for item in value)

    without = values(Edge="none", SiteUrl="https://example.org")
    conditions = TEMPLATE["Conditions"]
    for section in ("Resources", "Outputs"):
        for name, item in TEMPLATE[section].items():
            if "Condition" in item and not holds(conditions[item["Condition"]], without):
                continue
            assert not uses(resolved(item, without, conditions)), name


# Where `arxivdaily local serve` shows a copy of the bucket, if nobody says otherwise.
PREVIEW = f"http://127.0.0.1:{inspect.signature(serve_locally).parameters['port'].default}"


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, {"Fn::GetAtt": ["EdgeStack", "Outputs.Url"]}),
        ({"SiteUrl": "https://mirror.example.org"}, "https://mirror.example.org"),
        ({"Edge": "none", "SiteUrl": "https://mirror.example.org"}, "https://mirror.example.org"),
        ({"Edge": "none"}, PREVIEW),
    ],
)
def test_the_sites_address(given: dict[str, str], url: Any) -> None:
    assert "Url" in EDGE["Outputs"]
    variables = TEMPLATE["Resources"]["RenderFunction"]["Properties"]["Environment"]["Variables"]
    found = [variables["SITE_URL"], TEMPLATE["Outputs"]["SiteUrl"]["Value"]]
    assert [resolved(value, values(**given), TEMPLATE["Conditions"]) for value in found] == [
        url,
        url,
    ]


def test_the_edges_address_is_its_domain_or_its_own() -> None:
    text, names = EDGE["Outputs"]["Url"]["Value"]["Fn::Sub"]
    assert text == "https://${Host}"
    assert resolved(names, values(**DOMAIN), EDGE["Conditions"]) == {"Host": "example.org"}
    assert resolved(names, values(), EDGE["Conditions"]) == {
        "Host": {"Fn::GetAtt": ["Distribution", "DomainName"]}
    }


def test_render_may_refresh_this_distribution_and_do_nothing_else_to_it() -> None:
    (policy,) = TEMPLATE["Resources"]["RenderRole"]["Properties"]["Policies"]
    statements = policy["PolicyDocument"]["Statement"]
    found = resolved(statements, values(), TEMPLATE["Conditions"])
    (statement,) = [s for s in found if "cloudfront" in str(s["Action"])]
    assert statement["Action"] == "cloudfront:CreateInvalidation"
    assert statement["Resource"] == of_edge("DistributionArn")
    without = resolved(statements, values(Edge="none"), TEMPLATE["Conditions"])
    assert not any("cloudfront" in str(s["Action"]) for s in without)
    variables = TEMPLATE["Resources"]["RenderFunction"]["Properties"]["Environment"]["Variables"]
    given = variables["SITE_DISTRIBUTION_ID"]
    assert resolved(given, values(), TEMPLATE["Conditions"]) == of_edge("DistributionId")
    assert resolved(given, values(Edge="none"), TEMPLATE["Conditions"]) == ""


def test_names_are_unique_in_the_account_and_short_enough() -> None:
    for resource in RESOURCES.values():
        properties = resource["Properties"]
        named = [
            properties,
            *(v for k, v in properties.items() if k.endswith("Config") and isinstance(v, dict)),
        ]
        for name in [item["Name"] for item in named if "Name" in item]:
            separator, (prefix, unique) = name["Fn::Join"]
            assert (separator, unique) == ("-", UNIQUE)
            assert len(f"{prefix}-") + 36 <= 64
            assert re.fullmatch(r"[a-z-]+", prefix)


# --- parameters ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "accepted", "refused"),
    [
        (
            "DomainName",
            ["", "example.org", "daily.example.org", "a-b.xn--fiqs8s", "x1.co"],
            ["example", "Example.org", "https://a.org", "a.org/", "-a.org", "a..org", "a.org'", "*.a.org"],
        ),
        ("DomainAlias", ["", "www.example.org"], ["www", "www.example.org;"]),
        (
            "CertificateArn",
            ["", DOMAIN["CertificateArn"], "arn:aws-us-gov:acm:us-east-1:123456789012:certificate/ab-1"],
            ["arn:aws:acm:eu-west-1:123456789012:certificate/0123-abcd", "0123-abcd"],
        ),
        ("HostedZoneId", ["", "Z0123456789ABC"], ["/hostedzone/Z0123", "z0123"]),
        (
            "WebAclArn",
            ["", "arn:aws:wafv2:us-east-1:123456789012:global/webacl/my_site/0123-abcd"],
            ["arn:aws:wafv2:us-east-1:123456789012:regional/webacl/site/0123", "0123-abcd"],
        ),
        ("SiteUrl", ["", "https://example.org"], ["example.org", "https://example.org/"]),
    ],
)  # fmt: skip
def test_what_a_parameter_accepts(name: str, accepted: list[str], refused: list[str]) -> None:
    pattern = TEMPLATE["Parameters"][name]["AllowedPattern"]
    for value in accepted:
        assert re.fullmatch(pattern, value), value
    for value in refused:
        assert not re.fullmatch(pattern, value), value


@pytest.mark.parametrize("name", ["DomainName", "DomainAlias", "CertificateArn", "HostedZoneId", "WebAclArn"])
def test_a_refused_value_is_explained(name: str) -> None:
    assert TEMPLATE["Parameters"][name]["ConstraintDescription"].startswith("must be")


NAMED = {"ClassifyModel": "a", "TranslateModel": "b"}


@pytest.mark.parametrize(
    "given",
    [
        {},
        DOMAIN,
        {**DOMAIN, **ALIAS, **ZONE},
        {**DOMAIN, "SiteUrl": "https://mirror.example.org"},
        {"Edge": "none", "SiteUrl": "https://example.org"},
        {**NAMED, "LlmProvider": "openai", "LlmBaseUrl": "https://api.example.org/v1"},
        {"LlmProvider": "openai", "Classifier": "embedded", "Translator": "none"},
        {
            **NAMED,
            "LlmProvider": "openai",
            "Classifier": "embedded",
            "TranslateBaseUrl": "https://example.org/v1",
        },
    ],
)
def test_what_belongs_together_may_be_deployed(given: dict[str, str]) -> None:
    assert broken_rules(**given) == []


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"DomainName": "example.org"}, "CertificateArn"),
        ({"CertificateArn": DOMAIN["CertificateArn"]}, "DomainName"),
        (ALIAS, "DomainAlias"),
        (ZONE, "HostedZoneId"),
        ({**NAMED, "LlmProvider": "openai"}, "LlmBaseUrl"),
        ({**NAMED, "LlmProvider": "openai", "Classifier": "embedded"}, "LlmBaseUrl"),
        ({**DOMAIN, "Edge": "none", "SiteUrl": "https://example.org"}, "Edge=cloudfront"),
    ],
)
def test_what_lacks_its_counterpart_is_refused_by_name(given: dict[str, str], named: str) -> None:
    (told,) = broken_rules(**given)
    assert named in told
