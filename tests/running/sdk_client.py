"""Asks who it is with boto3, again and again until the file STOP exists: sdk_client.py ENDPOINT STOP [PROFILE]."""
import json
import os
import sys
import time

import boto3

endpoint, stop, *profile = sys.argv[1:]
session = boto3.Session(profile_name=profile[0] if profile else None)
client = session.client("sts", endpoint_url=endpoint, region_name=session.region_name or "us-east-1")
while True:
    arn = client.get_caller_identity()["Arn"]
    print(json.dumps({"arn": arn, "region": session.region_name}), flush=True)
    if os.path.exists(stop):
        break
    time.sleep(0.3)
