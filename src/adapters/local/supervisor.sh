# The detached supervisor of one local job. It outlives the worker: it takes the latch, runs the payload, and writes how it ended.
#
#   sh supervisor.sh LATCH_DIR WORK_DIR LOG_DIR KEY FACTS LATCH_MODE CGROUP COMMAND...
#
# The payload's environment comes on stdin as export lines and ends with "# KEY": a worker that dies while writing starts nothing.
# What this script says on stdout before it closes it tells the worker that the latch is decided: its own line of /proc when it took it,
# nothing when it did not. The worker must not learn that from the folder, which a payload may have removed by then.

main() {
  latch_dir=$1 work_dir=$2 log_dir=$3 key=$4 facts=$5 latch_mode=$6 cgroup=$7
  shift 7
  taken=

  environment=$(cat)
  case $environment in *"# $key") ;; *) exit 3 ;; esac
  exec </dev/null
  cd "$work_dir" || exit 4

  # link(2) is atomic and exclusive, so a latch always carries the identity (pid and start time) of the one who took it.
  read -r stat <"/proc/$$/stat" || exit 5
  mine=$latch_dir/.started.$$
  printf '%s\n%s\n' "$facts" "$stat" >"$mine" || exit 5
  case $latch_mode in
    exclusive) ln "$mine" "$latch_dir/started" || taken=yes ;;
    shared) ln -f "$mine" "$latch_dir/started" ;;
  esac
  if [ -n "$taken" ]; then
    rm -f "$mine"
    exit 6
  fi

  # Handlers, not "ignore": what is ignored would be inherited by the payload. PIPE, because the worker may have died since.
  trap : HUP INT TERM PIPE
  printf '%s\n' "$stat"
  exec >/dev/null

  printf '%s' "$environment" | {
    [ -z "$cgroup" ] || echo 0 >"$cgroup/cgroup.procs"
    exec "$@" 3>"$latch_dir/payload" >>"$log_dir/stdout" 2>>"$log_dir/stderr"
  }
  code=$?

  stopped=false
  [ -e "$latch_dir/stop" ] && stopped=true
  oom_kills=0
  if [ -n "$cgroup" ] && [ -r "$cgroup/memory.events" ]; then
    while read -r name count; do
      [ "$name" = oom_kill ] && oom_kills=$count
    done <"$cgroup/memory.events"
  fi
  # A full disk must not lose the end: try until it is written, or until the folder is gone.
  # Then the file's own time is not the end's: a kill that came in between would count as its cause.
  ended=
  until printf '{"exitCode":%s,"stopped":%s,"oomKills":%s%s}\n' "$code" "$stopped" "$oom_kills" "$ended" >"$latch_dir/.exit" &&
    mv -f "$latch_dir/.exit" "$latch_dir/exit"; do
    [ -d "$latch_dir" ] || exit 7
    [ -n "$ended" ] || ended=$(date '+,"endedAt":%s')
    sleep 1
  done
  rm -f "$mine"
  sync "$latch_dir/exit" "$latch_dir"
}

main "$@"
exit
