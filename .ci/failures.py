"""Prints what failed in one stage, short enough to be read at the end of a long output: argv is vitest's JSON report (may be missing) and the stage's log."""
import json
import sys

report, log = sys.argv[1:]
LINES, WIDTH = 40, 300
found: list[str] = []
try:
    with open(report, encoding="utf-8") as file:
        suites = json.load(file)["testResults"]
    for suite in suites:
        if suite["status"] == "failed" and not suite["assertionResults"]:
            found += [suite["name"], *suite.get("message", "").splitlines()[:LINES]]
        for test in suite["assertionResults"]:
            if test["status"] == "failed":
                found += [f"{suite['name']}: {test['fullName']}", *"\n".join(test["failureMessages"]).splitlines()[:LINES]]
except (OSError, ValueError, KeyError):
    pass
if not found:
    with open(log, encoding="utf-8", errors="replace") as file:
        found = file.read().splitlines()[-LINES:]
for line in found:
    print(f"  {line[:WIDTH]}")
