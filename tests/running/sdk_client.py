"""Asks who it is with boto3: sdk_client.py ENDPOINT SECONDS [PROFILE]. One client throughout."""
import json
import sys
import time

import boto3

endpoint, seconds, *profile = sys.argv[1:]
session = boto3.Session(profile_name=profile[0] if profile else None)
client = session.client("sts", endpoint_url=endpoint, region_name=session.region_name or "us-east-1")
until = time.time() + float(seconds)
while True:
    arn = client.get_caller_identity()["Arn"]
    key = session.get_credentials().get_frozen_credentials().access_key
    print(json.dumps({"arn": arn, "key": key, "region": session.region_name}), flush=True)
    time.sleep(0.5)
    if time.time() >= until:
        break
