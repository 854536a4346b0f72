"""Runs the Python sample over cases that come as JSON, and prints a verdict for each."""

import json
import sys

sys.path.insert(0, sys.argv[1])
from verify import verify

cases = json.load(sys.stdin)
print(json.dumps([verify(case["headers"], case["body"].encode(), case["secret"], case["now"]) for case in cases]))
