#!/usr/bin/env python3
"""Runs a stored Job as a task of another scheduler, over HTTP and with Python's own library alone.

    run_job("busiest-routes", "run-7/1", env={"DAY": "2026-11-21"})   # in a PythonOperator
    longshore_task.py REQUEST_ID JOB                                    # as a program

LONGSHORE_URL and LONGSHORE_TOKEN say where and who. The same request id is the same job, however often this is called.
Whatever interrupts it while the job runs (a cancelled task, Ctrl-C) kills the job.
"""
import json
import os
import signal
import sys
import time
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

PATIENCE_S = 300
SILENCE_S = 45  # a stream sends something every 15 s


def ask(method, path, body=None, headers=None, timeout=60):
    request = Request(os.environ["LONGSHORE_URL"] + path, method=method, headers=headers or {})
    request.add_header("Authorization", "Bearer " + os.environ["LONGSHORE_TOKEN"])
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    return urlopen(request, timeout=timeout)


def ask_again(method, path, body=None):
    """Repeats what is safe to repeat: with an id of ours, twice is once."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            with ask(method, path, body) as answer:
                return json.load(answer)
        except HTTPError as error:
            problem = json.load(error)
            if not problem.get("retryable") or time.monotonic() > until:
                raise RuntimeError(f"{problem['code']}: {problem['detail']} {problem['advice']}") from error
        except (URLError, OSError):
            if time.monotonic() > until:
                raise
        time.sleep(2)


def events(job_id):
    """Every event of the job and, last, ("end", the job); goes on where it was when the connection breaks."""
    last, until = "0", time.monotonic() + PATIENCE_S
    while True:
        try:
            headers = {"Accept": "text/event-stream", "Last-Event-ID": last}
            with ask("GET", f"/api/v1/jobs/{job_id}/events", headers=headers, timeout=SILENCE_S) as stream:
                kind = data = None
                for line in stream:
                    field, _, value = line.decode().rstrip("\n").partition(": ")
                    until = time.monotonic() + PATIENCE_S
                    if field == "id":
                        last = value
                    elif field == "event":
                        kind = value
                    elif field == "data":
                        data = value
                    elif line == b"\n" and data is not None:
                        yield kind or "event", json.loads(data)
                        if kind == "end":
                            return
                        kind = data = None
        except HTTPError:
            raise
        except (URLError, OSError):
            if time.monotonic() > until:
                raise
        time.sleep(1)


def run_job(job, request_id, **changes):
    """Creates the job, or finds the one of this request id, and follows it to its end. Returns it; raises when it did not succeed."""
    created = ask_again("POST", "/api/v1/jobs", {"requestId": request_id, "ref": job, "with": changes})
    print(f"job {created['id']}  {os.environ['LONGSHORE_URL']}/api/v1/jobs/{created['id']}", flush=True)
    try:
        for kind, said in events(created["id"]):
            if kind == "event":
                print(said["at"], said["status"], said.get("reason", ""), flush=True)
            elif kind == "progress":
                print(said["text"], flush=True)
    except BaseException:
        # Also what a scheduler raises in a task that it cancels.
        ask_again("POST", f"/api/v1/jobs/{created['id']}/kill", {"reason": "its task was cancelled"})
        raise
    with ask("GET", f"/api/v1/jobs/{created['id']}/logs?tail=100") as log:
        sys.stdout.write(log.read().decode(errors="replace"))
    if said["status"] != "SUCCEED":
        raise RuntimeError(f"job {said['id']} {said['status']}: {said.get('reason', '')}")
    return said


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    run_job(sys.argv[2], sys.argv[1])
