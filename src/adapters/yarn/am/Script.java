package io.longshore.yarn;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * A script for /bin/sh, which does whatever touches a name or a word of a job: where the locale is C, Java can neither open the file "é" nor
 * pass "é" as an argument, and a shell passes the bytes on as they are. What comes from a job is therefore kept as Latin-1, one char a byte.
 */
final class Script {
  private final StringBuilder text = new StringBuilder();

  /** Adds a line: the text as it is, then each of the words in quotes. */
  Script line(String command, String... words) {
    text.append(command);
    for (String word : words) text.append(' ').append(quoted(word));
    text.append('\n');
    return this;
  }

  static String quoted(String word) {
    return '\'' + word.replace("'", "'\\''") + '\'';
  }

  /** Gives the script to a shell on its stdin: it stands in no file and no argument. */
  void feed(Process shell) throws IOException {
    try (OutputStream stdin = shell.getOutputStream()) {
      // In braces, because a shell that gets half of it must do nothing.
      stdin.write(("{\n" + text + "}\n").getBytes(StandardCharsets.ISO_8859_1));
    }
  }

  /** Runs it to its end. Throws what it printed when it fails. */
  void run() throws IOException, InterruptedException {
    Process shell = new ProcessBuilder("/bin/sh").redirectErrorStream(true).start();
    feed(shell);
    byte[] printed = read(shell.getInputStream());
    if (shell.waitFor() != 0) throw new IOException(new String(printed, StandardCharsets.UTF_8).trim());
  }

  static byte[] read(InputStream in) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    byte[] buffer = new byte[8192];
    for (int count; (count = in.read(buffer)) >= 0; ) all.write(buffer, 0, count);
    return all.toByteArray();
  }
}
