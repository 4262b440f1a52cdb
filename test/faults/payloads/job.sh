#!/bin/sh
# The payload of every fault scenario. It notes its own start and end in a truth file that the product never reads.
# usage: job.sh MODE JOB TRUTH SECONDS EXIT LINES
mode=$1 job=$2 truth=$3 seconds=$4 code=$5 lines=$6

note() { # one write of one short line, so that O_APPEND keeps lines whole
  printf '{"job":"%s","key":"%s","pid":%d,"boot":"%s","event":"%s","at":%s%s}\n' \
    "$job" "$LONGSHORE_KEY" $$ "$(cat /proc/sys/kernel/random/boot_id)" "$1" "$(date +%s%3N)" "$2" >>"$truth"
}
starts() { # how often it was started, this time counted
  grep -c "\"job\":\"$job\",.*\"event\":\"start\"" "$truth"
}
unwritten=
print_half() { # what the disk does not take ends the printing, and the note of the end says so
  i=$1
  while [ -z "$unwritten" ] && [ "$i" -lt "$2" ]; do
    i=$((i + 1))
    echo "$job line $i of $lines" || unwritten=',"unwritten":true'
  done
}
end() { # from here on only SIGKILL could change how it ends
  trap '' TERM
  note end ",\"exit\":$1$unwritten"
  exit "$1"
}

# One generation of a family that forks on and on; each lives a moment and leaves its session.
if [ "$mode" = hydra-head ]; then
  sleep 0.2
  setsid sh "$0" "$@" </dev/null >/dev/null 2>&1 &
  exit 0
fi

case $mode in stubborn) trap '' TERM INT HUP ;; esac
note start
half=$((lines / 2))
print_half 0 "$half"
case $mode in
  stubborn) # a grandchild in a session of its own that ignores TERM, too
    setsid sh -c 'sh -c "while :; do sleep 1; done" & wait' </dev/null >/dev/null 2>&1 &
    ;;
  daemon) # a child that stays when the payload has ended
    setsid sh -c 'trap "" TERM; while :; do sleep 1; done' </dev/null >/dev/null 2>&1 &
    ;;
  hydra)
    shift
    for head in 1 2 3; do setsid sh "$0" hydra-head "$@" </dev/null >/dev/null 2>&1 & done
    ;;
esac
if [ "$mode" = lazy ]; then # goes on for long, but not when it is started a second time
  [ "$(starts)" -ge 2 ] && seconds=0
fi
sleep "$seconds"
print_half "$half" "$lines"
case $mode in
  flaky) # fails until it has been started twice
    [ "$(starts)" -ge 2 ] || end 3
    ;;
  cyclic) # fails in some cycles
    case $LONGSHORE_CYCLE in *-04T* | *-09T*) end 3 ;; esac
    ;;
  output) # what it is for: it does not end before the disk has taken it
    until echo 'answer=42' >>"$LONGSHORE_OUTPUT"; do sleep 0.2; done
    until echo "result of $job" >result.txt; do sleep 0.2; done
    ;;
esac
end "$code"
