"""Makes tokens as the AWS CLI and boto3 do, at a given time: JSON in, JSON out."""
import datetime
import io
import json
import sys

import awscli.customizations.codecommit as codecommit
import awscli.customizations.eks.get_token as eks
import boto3
import botocore.auth
import botocore.session
from botocore.config import Config
from botocore.endpoint_provider import EndpointProvider

asked = json.load(sys.stdin)
moment = datetime.datetime.fromtimestamp(asked["now"] / 1000, datetime.timezone.utc)
for module in (botocore.auth, eks, codecommit):
    module.get_current_datetime = lambda *args, **kwargs: moment.replace(tzinfo=None)

keys = asked["keys"]
region = asked["region"]
own = {
    "aws_access_key_id": keys["id"],
    "aws_secret_access_key": keys["secret"],
    "aws_session_token": keys["token"],
}
session = boto3.session.Session(region_name=region, **own)
core = session._session


def eks_token():
    client = session.client("sts", config=Config(use_fips_endpoint=asked["fips"]))
    eks.STSClientFactory(core)._register_k8s_aws_id_handlers(client)
    return {
        "token": eks.TokenGenerator(client).get_token(asked["cluster"]),
        "expirationTimestamp": eks.GetTokenCommand(core).get_expiration_time(),
    }


def rds():
    db = asked["database"]
    return session.client("rds").generate_db_auth_token(db["host"], db["port"], db["user"], region)


def s3_client(bucket):
    # By default boto3 names the global host, as the AWS CLI did before its version 2.
    style = "path" if "." in bucket else "virtual"
    addressing = {"addressing_style": style, "us_east_1_regional_endpoint": "regional"}
    config = Config(signature_version="s3v4", s3=addressing, use_fips_endpoint=asked["fips"])
    return session.client("s3", config=config)


def s3():
    name = {"GET": "get_object", "PUT": "put_object", "HEAD": "head_object",
            "DELETE": "delete_object"}
    return [
        s3_client(one["bucket"]).generate_presigned_url(
            name[one["method"]],
            Params={"Bucket": one["bucket"], "Key": one["key"]},
            ExpiresIn=one["expires"],
            HttpMethod=one["method"],
        )
        for one in asked["objects"]
    ]


def request_of(service, operation, parameters):
    """What boto3 would send."""
    seen = {}

    def send(request, **kwargs):
        seen.update(method=request.method, url=request.url,
                    body=(request.body or b"").decode() if not isinstance(request.body, str)
                    else request.body,
                    target=(request.headers.get("X-Amz-Target") or b"").decode()
                    if isinstance(request.headers.get("X-Amz-Target"), bytes)
                    else request.headers.get("X-Amz-Target"))
        raise KeyboardInterrupt

    client = session.client(service)
    client.meta.events.register("before-send", send)
    try:
        getattr(client, operation)(**parameters)
    except KeyboardInterrupt:
        pass
    return seen


def git():
    sys.stdin = io.StringIO(asked["git"])
    command = codecommit.CodeCommitGetCommand(core)
    args = type("Args", (), {"ignore_host_check": False})()
    parsed = type("Globals", (), {"region": None})()
    fields = command.read_git_parameters()
    signature = command.sign_request(
        command.extract_region(fields, parsed), command.extract_url(fields))
    return {"username": keys["id"] + "%" + keys["token"], "password": signature}


def endpoint(service, fips, dualstack):
    """By the endpoint rules of AWS's SDKs."""
    loader = core.get_component("data_loader")
    rules = loader.load_service_model(service, "endpoint-rule-set-1")
    provider = EndpointProvider(rules, loader.load_data("partitions"))
    found = provider.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dualstack)
    return found.url


json.dump({
    "eks": eks_token(),
    "rds": rds(),
    "s3": s3(),
    "git": git(),
    "endpoints": [endpoint(*one) for one in asked["endpoints"]],
    "requests": [request_of(*one) for one in asked["requests"]],
}, sys.stdout)
