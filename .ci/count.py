"""Prints "PASSED FAILED" of one stage: argv is vitest's JSON report (may be missing), the stage's log, its exit status."""
import json
import re
import sys

report, log, status = sys.argv[1], sys.argv[2], int(sys.argv[3])
passed, failed = 0, 0
try:
    with open(report, encoding="utf-8") as file:
        counts = json.load(file)
    passed, failed = counts["numPassedTests"], counts["numFailedTests"]
    # A file that could not even be loaded has no tests to fail.
    failed += sum(1 for suite in counts["testResults"] if suite["status"] == "failed" and not suite["assertionResults"])
except (OSError, ValueError, KeyError):
    with open(log, encoding="utf-8", errors="replace") as file:
        found = re.findall(r"^(\d+) passed, (\d+) failed$", file.read(), re.MULTILINE)
    if found:
        passed, failed = map(int, found[-1])
    elif status == 0:
        passed = 1
if status != 0 and failed == 0:
    failed = 1
print(passed, failed)
