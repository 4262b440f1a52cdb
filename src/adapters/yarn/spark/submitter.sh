# The detached supervisor of one run of spark-submit. It outlives the worker, ends the run when its time is over, and writes how it ended.
#
#   sh submitter.sh FOLDER NUMBER BOOT_ID LIFETIME COMMAND...
#
# All that it starts is of its session, so that the session tells whether the run is alive. On stdout it says "begun" when it has taken the
# latch started.NUMBER and the run begins, "stopped" when the key was stopped, nothing when another has the latch.

main() {
  folder=$1 number=$2 boot=$3 lifetime=$4
  shift 4
  cd "$folder" || exit 3

  # link(2) is atomic and exclusive, so a latch always carries the identity of the one who took it.
  read -r stat <"/proc/$$/stat" || exit 3
  printf '%s\n%s\n' "$boot" "$stat" >".started.$$" || exit 3
  ln ".started.$$" "started.$number" 2>/dev/null
  taken=$?
  rm -f ".started.$$"
  [ "$taken" = 0 ] || exit 6
  # After the latch: a stop first says so and then looks for latches, so one of both sees the other.
  if [ -e stopped ]; then
    echo stopped
    exit 7
  fi

  trap : HUP INT TERM PIPE
  echo begun
  exec >/dev/null
  # A process group of its own, which is killed as a whole.
  timeout -s KILL "$lifetime" "$@" >"log.$number" 2>&1 </dev/null
  echo "$?" >".exit.$number" && mv -f ".exit.$number" "exit.$number"
}

main "$@"
exit
