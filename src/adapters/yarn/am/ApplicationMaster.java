package io.longshore.yarn;

import java.io.File;
import org.apache.hadoop.yarn.api.records.ContainerId;

/**
 * Runs one payload as a YARN application: says to the cluster that it began, that it lives and how it ended, and leaves no process behind.
 *
 * <p>It is started in the container's folder, beside longshore-bundle.zip and, for a job with secrets, longshore-secrets (see Bundle and
 * Payload). Its environment has LONGSHORE_KEY, _MARK, _JOB_ID and _ATTEMPT for the payload, LONGSHORE_LOG_DIR (the container's log folder)
 * and LONGSHORE_OUT (the Hadoop folder that takes the outputs). Whoever started the application reads the end in its diagnostics.
 */
public final class ApplicationMaster {
  private static volatile boolean stopping;

  private ApplicationMaster() {}

  public static void main(String[] arguments) {
    int code = 1;
    try {
      Registration registration = Registration.open();
      String end = run();
      registration.close(end.equals(said(0)), end);
      code = 0;
    } catch (Throwable failure) {
      failure.printStackTrace();
    }
    Runtime.getRuntime().halt(code);
  }

  /** Returns the diagnostics. No process is left. */
  private static String run() {
    try (Tree tree = new Tree(variable("LONGSHORE_KEY"), variable("CONTAINER_ID"))) {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(tree)));
      // YARN starts a lost master again by itself; whether a job runs again is Longshore's to decide.
      if (ContainerId.fromString(variable("CONTAINER_ID")).getApplicationAttemptId().getAttemptId() > 1)
        return "longshore: the application master was lost; the payload is not run a second time";
      Bundle bundle = Bundle.unpack(new File("longshore-bundle.zip"));
      Process payload = Payload.start(bundle);
      if (stopping) tree.end(0); // The hook may have looked before the payload was there.
      int exit = payload.waitFor();
      if (stopping) Thread.sleep(Long.MAX_VALUE); // Why the node stopped this container, the node says.
      tree.end(Tree.GRACE_MS); // Before the outputs are read: nobody writes them any more.
      if (exit == 0) Outputs.store(bundle.outputs);
      return said(exit);
    } catch (Throwable failure) {
      failure.printStackTrace();
      return "longshore: " + reason(failure);
    }
  }

  /** The node sends TERM and a moment later, 250 ms by default, KILL: no time for a payload that wants to end in its own way. */
  private static void stop(Tree tree) {
    stopping = true;
    try {
      tree.end(0);
    } catch (Exception failure) {
      failure.printStackTrace();
    }
  }

  private static String said(int exit) {
    return "longshore exit code " + exit;
  }

  /** The first line: a Hadoop server adds its stack. */
  static String reason(Throwable failure) {
    String message = failure.getMessage() == null ? failure.toString() : failure.getMessage().trim().split("\n")[0];
    return message.length() > 1000 ? message.substring(0, 1000) : message;
  }

  /** A variable of the container's environment. Throws when it is not set. */
  static String variable(String name) {
    String value = System.getenv(name);
    if (value == null || value.isEmpty()) throw new IllegalStateException(name + " is not set in the container's environment");
    return value;
  }
}
