package io.longshore.yarn;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Starts the payload: a shell that takes the environment, secrets included, from a pipe and becomes the command. */
final class Payload {
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
  /** Not for a job to set: its processes are known by them, and its outputs. */
  private static final Set<String> OURS = new HashSet<>(Arrays.asList(
      "CONTAINER_ID", "LONGSHORE_KEY", "LONGSHORE_MARK", "LONGSHORE_JOB_ID", "LONGSHORE_ATTEMPT", "LONGSHORE_OUTPUT", "LONGSHORE_PROGRESS"));

  private Payload() {}

  static Process start(Bundle bundle) throws IOException, InterruptedException {
    File logs = new File(ApplicationMaster.variable("LONGSHORE_LOG_DIR"));
    if (!logs.isDirectory()) throw new IOException("LONGSHORE_LOG_DIR names no folder");
    List<String> secrets = takeSecrets(Paths.get("longshore-secrets"));
    Script script =
        new Script()
            .line("exec >>\"$LONGSHORE_LOG_DIR/stdout\" 2>>\"$LONGSHORE_LOG_DIR/stderr\"")
            // The master's own.
            .line("unset CLASSPATH MALLOC_ARENA_MAX LONGSHORE_LOG_DIR LONGSHORE_OUT OLDPWD")
            .line("export LONGSHORE_OUTPUT=\"${PWD%/*}/output\" LONGSHORE_PROGRESS=\"${PWD%/*}/progress\"");
    export(script, bundle.env);
    export(script, secrets);
    script.line("exec </dev/null", bundle.argv.toArray(new String[0]));
    ProcessBuilder builder = new ProcessBuilder(Tree.inOwnSession("/bin/sh"));
    // Where the shell itself cannot start, its words go where the master's go.
    builder.redirectOutput(ProcessBuilder.Redirect.INHERIT).redirectError(ProcessBuilder.Redirect.INHERIT);
    Process payload = builder.directory(new File("work")).start();
    try {
      script.feed(payload);
    } catch (IOException ended) {
      // Its exit code says more.
    }
    return payload;
  }

  /** Reads the secrets and removes them from the node: the file beside us is a link into the node's cache. */
  private static List<String> takeSecrets(Path file) throws IOException, InterruptedException {
    if (!Files.exists(file)) return Collections.emptyList();
    List<String> secrets = Bundle.list("the secrets", Files.readAllBytes(file));
    new Script().line("set -e").line("real=$(readlink -f longshore-secrets)").line("rm -f \"$real\" longshore-secrets").run();
    return secrets;
  }

  private static void export(Script script, List<String> variables) throws IOException {
    for (String variable : variables) {
      int end = variable.indexOf('=');
      String name = end < 0 ? "" : variable.substring(0, end);
      // Not left to the shell, which would print the value.
      if (!NAME.matcher(name).matches()) throw new IOException("\"" + name + "\" cannot be the name of an environment variable");
      if (!OURS.contains(name)) script.line("export", variable);
    }
  }
}
