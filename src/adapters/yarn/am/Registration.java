package io.longshore.yarn;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.security.token.SecretManager.InvalidToken;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.apache.hadoop.yarn.client.api.AMRMClient;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.exceptions.ApplicationAttemptNotFoundException;
import org.apache.hadoop.yarn.exceptions.InvalidApplicationMasterRequestException;
import org.apache.hadoop.yarn.exceptions.YarnException;

/** Our word to the resource manager, which may be away for minutes: a sign of life every second, and how it ended. */
final class Registration {
  private static final long EVERY_MS = 1000;
  private static final long PATIENCE_MS = TimeUnit.MINUTES.toMillis(10);
  private static final long STRANGER_MS = TimeUnit.MINUTES.toMillis(1);
  private static final Pattern PERCENT = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*%");

  private final AMRMClient<AMRMClient.ContainerRequest> client = AMRMClient.createAMRMClient();
  private final Thread heart = new Thread(this::beat, "heartbeat");
  private boolean closing;
  /** When it was first said, and ever since, that nobody knows us (System.nanoTime); 0: we are known. */
  private long strangerSince;

  private Registration() {
    YarnConfiguration settings = new YarnConfiguration();
    // A resource manager that comes back is found within a second; by default one looks every half minute.
    settings.setLong(YarnConfiguration.RESOURCEMANAGER_CONNECT_RETRY_INTERVAL_MS, EVERY_MS);
    settings.setLong(YarnConfiguration.RESOURCEMANAGER_CONNECT_MAX_WAIT_MS, 15 * EVERY_MS);
    client.init(settings);
    client.start();
    heart.setDaemon(true);
  }

  /** Registers and begins to beat. Throws when nobody answers for ten minutes. */
  static Registration open() throws IOException, YarnException, InterruptedException {
    Registration registration = new Registration();
    registration.insist(registration::register);
    registration.heart.start();
    return registration;
  }

  /** Says how it ended. Throws when nobody takes it for ten minutes. */
  void close(boolean succeeded, String diagnostics) throws IOException, YarnException, InterruptedException {
    synchronized (this) {
      closing = true;
      notifyAll();
    }
    heart.join();
    FinalApplicationStatus status = succeeded ? FinalApplicationStatus.SUCCEEDED : FinalApplicationStatus.FAILED;
    insist(() -> client.unregisterApplicationMaster(status, diagnostics, ""));
  }

  private void register() throws IOException, YarnException {
    String host = System.getenv("NM_HOST");
    try {
      client.registerApplicationMaster(host == null ? "localhost" : host, -1, "");
    } catch (InvalidApplicationMasterRequestException already) {
      // The answer to an earlier try was lost.
    }
  }

  private synchronized void beat() {
    while (!closing) {
      try {
        client.allocate(progress());
        strangerSince = 0;
      } catch (Exception away) {
        // Our node was lost, or somebody killed us and the node was not told: for the cluster we have ended, and so we must.
        if (isGone(away)) System.exit(1);
        // As long as the payload runs there is nothing better to do than to try again.
        System.err.println("The resource manager does not answer: " + away);
      }
      try {
        if (!closing) wait(EVERY_MS);
      } catch (InterruptedException never) {
        return;
      }
    }
  }

  /** Whether this attempt is over for the resource manager: it says so, or has refused our token for a minute, which a restart may do for moments. */
  private boolean isGone(Exception failure) {
    if (failure instanceof ApplicationAttemptNotFoundException) return true;
    if (!(failure instanceof InvalidToken) && !(failure.getCause() instanceof InvalidToken)) strangerSince = 0;
    else if (strangerSince == 0) strangerSince = System.nanoTime();
    return strangerSince != 0 && System.nanoTime() - strangerSince > TimeUnit.MILLISECONDS.toNanos(STRANGER_MS);
  }

  private interface Call {
    void run() throws IOException, YarnException;
  }

  private void insist(Call call) throws IOException, YarnException, InterruptedException {
    long begun = System.nanoTime();
    while (true) {
      try {
        call.run();
        return;
      } catch (IOException | YarnException | RuntimeException failure) {
        if (System.nanoTime() - begun > TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS)) throw failure;
        System.err.println("The resource manager does not answer: " + failure);
      }
      Thread.sleep(EVERY_MS);
    }
  }

  /** From 0 to 1: the number before % in the last line of the progress file. */
  private static float progress() {
    try (RandomAccessFile file = new RandomAccessFile("progress", "r")) {
      byte[] end = new byte[(int) Math.min(file.length(), 4096)];
      file.seek(file.length() - end.length);
      file.readFully(end);
      String[] lines = new String(end, StandardCharsets.ISO_8859_1).trim().split("\n");
      Matcher percent = PERCENT.matcher(lines[lines.length - 1]);
      return percent.find() ? Math.min(Float.parseFloat(percent.group(1)) / 100, 1) : 0;
    } catch (IOException | RuntimeException none) {
      return 0;
    }
  }
}
