"""boto3, driven by lines of JSON: one call a line, one answer a line. Tests start it (test/kit/aws.ts)."""

import base64
import datetime
import json
import re
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

target = json.loads(sys.argv[1])
client = boto3.client(
    "secretsmanager",
    endpoint_url=target["endpoint"],
    region_name=target["region"],
    aws_access_key_id=target["accessKeyId"],
    aws_secret_access_key=target["secretAccessKey"],
    config=Config(retries={"total_max_attempts": 1}),
)


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(type(value))


def answer(call):
    given = call["input"]
    if "SecretBinary" in given:
        given["SecretBinary"] = base64.b64decode(given["SecretBinary"])
    method = re.sub(r"(?<!^)(?=[A-Z])", "_", call["operation"]).lower()
    if call["paged"] and not client.can_paginate(method):
        pages = [answer({**call, "paged": False})["answer"]]
        while "NextToken" in pages[-1]:
            given["NextToken"] = pages[-1]["NextToken"]
            pages.append(answer({**call, "paged": False})["answer"])
        return {"answer": pages}
    if call["paged"]:
        pages = list(client.get_paginator(method).paginate(**given))
        for page in pages:
            page.pop("ResponseMetadata", None)
        return {"answer": pages}
    done = getattr(client, method)(**given)
    done.pop("ResponseMetadata", None)
    return {"answer": done}


for line in sys.stdin:
    try:
        said = answer(json.loads(line))
    except ClientError as error:
        response = error.response
        said = {
            "refused": {
                "code": response["Error"]["Code"],
                "message": response["Error"]["Message"],
                "status": response["ResponseMetadata"]["HTTPStatusCode"],
            }
        }
    except Exception as error:  # what botocore itself refuses: its own model does not hold
        said = {"refused": {"code": type(error).__name__, "message": str(error), "status": 0}}
    print(json.dumps(said, default=plain), flush=True)
