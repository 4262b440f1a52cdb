#!/usr/bin/env bash
# Runs a stored Job as a task of another scheduler:  task.sh REQUEST_ID JOB [--set FIELD=VALUE …]
# The same request id is the same job, however often this is called. A cancelled task (TERM, INT) kills its job. Needs `longshore` on PATH,
# LONGSHORE_URL and LONGSHORE_TOKEN. Exits as `longshore run` does: 0 when the job succeeded, 1 when not.
set -euo pipefail
request=$1 job=$2
shift 2

id=$(longshore create --ref "$job" --request-id "$request" "$@")
cancel() {
  trap '' INT TERM
  longshore kill "$id" --wait --reason 'its task was cancelled' >&2
  exit 143
}
trap cancel INT TERM
# The same request again finds the job; in the background, because bash heeds a signal only between commands.
longshore run "$job" --request-id "$request" "$@" &
wait $!
