# Becomes the payload: tells who it is, takes its limits and its environment (on stdin), then execs. Runs as the job's user.
#
#   sh payload.sh MEMORY_KIB|unlimited COMMAND...

read -r LINE <"/proc/$$/stat"
echo "$LINE" >&3
exec 3>&-
[ "$1" = unlimited ] || ulimit -d "$1" || exit 126
shift
unset LINE LC_ALL PATH OLDPWD
# No variable of ours may stand beyond this line: every name belongs to the job.
eval "$(/bin/cat)"
exec "$@" </dev/null
