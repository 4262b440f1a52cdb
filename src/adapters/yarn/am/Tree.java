package io.longshore.yarn;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The processes of the job: payloads fork twice, leave their session and ignore TERM. Whatever descends from us or carries the key is one. */
final class Tree implements AutoCloseable {
  static final long GRACE_MS = 1000;

  /** How long after KILL a process may still be there: a system call that cannot be interrupted. */
  private static final long PATIENCE_MS = 30_000;

  /**
   * Kills what the container left when the master is gone before it could: killed itself, or not given the time. It sees that by the end of
   * the pipe. Not at once, so that the shells that started the master have noted its end; for a second, to find what was just being forked;
   * and by the container's id, because a second master with the same key may be there by then.
   */
  private static final String GUARD =
      "echo $$; read -r word; [ \"$word\" = done ] && exit; exec >/dev/null 2>&1\n"
          + "for round in 1 2 3 4 5 6 7 8 9 10; do\n"
          + "  sleep 0.1\n"
          + "  for file in $(grep -lzxF \"CONTAINER_ID=$1\" /proc/[0-9]*/environ); do\n"
          + "    file=${file#/proc/}; kill -KILL ${file%/environ}\n"
          + "  done\n"
          + "done";

  private final String carried;
  private final int self;
  private final int guard;
  private final OutputStream guardsPipe;
  private boolean ended;

  Tree(String key, String container) throws IOException {
    carried = "\0LONGSHORE_KEY=" + key + "\0";
    self = Integer.parseInt(new File("/proc/self").getCanonicalFile().getName());
    ProcessBuilder builder = new ProcessBuilder(inOwnSession("/bin/sh", "-c", GUARD, "longshore-guard", container));
    builder.environment().keySet().removeAll(Arrays.asList("LONGSHORE_KEY", "CONTAINER_ID"));
    Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String pid = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII)).readLine();
    if (pid == null) throw new IOException("/bin/sh cannot be run");
    guard = Integer.parseInt(pid);
    guardsPipe = process.getOutputStream();
  }

  /** The command out of reach of signals to our own process group, where the node has setsid. */
  static List<String> inOwnSession(String... command) {
    List<String> words = new ArrayList<>();
    for (String path : new String[] {"/usr/bin/setsid", "/bin/setsid"}) if (words.isEmpty() && new File(path).canExecute()) words.add(path);
    words.addAll(Arrays.asList(command));
    return words;
  }

  /** Ends what is left, and lets the guard go. */
  @Override
  public void close() throws IOException, InterruptedException {
    if (!ended) end(GRACE_MS);
    try {
      guardsPipe.write("done\n".getBytes(StandardCharsets.US_ASCII));
      guardsPipe.flush();
    } catch (IOException gone) {
      // A payload may have killed it.
    }
  }

  /** TERM to all, KILL to what is left after the grace, again until nothing is left or cannot be killed. */
  void end(long graceMs) throws IOException, InterruptedException {
    long begun = System.nanoTime();
    Set<Integer> asked = new HashSet<>();
    // A process between fork and exec has no environment to be known by: where something lived, one look at nothing is not enough.
    for (int empty = 0; ; ) {
      Set<Integer> members = members();
      long elapsed = (System.nanoTime() - begun) / 1_000_000;
      empty = members.isEmpty() ? empty + 1 : 0;
      if (empty > Math.min(asked.size(), 1) || elapsed > graceMs + PATIENCE_MS) break;
      if (elapsed >= graceMs) {
        signal("KILL", members);
      } else {
        Set<Integer> fresh = new HashSet<>(members);
        fresh.removeAll(asked);
        signal("TERM", fresh);
      }
      asked.addAll(members);
      Thread.sleep(10);
    }
    ended = true;
  }

  private static void signal(String name, Set<Integer> processes) throws IOException, InterruptedException {
    if (processes.isEmpty()) return;
    // Some may have ended in between: kill says so, which is no news.
    List<String> command = new ArrayList<>(Arrays.asList("/bin/sh", "-c", "kill -" + name + " \"$@\" 2>/dev/null", "kill"));
    for (int process : processes) command.add(String.valueOf(process));
    new ProcessBuilder(command).inheritIO().start().waitFor();
  }

  private Set<Integer> members() {
    Map<Integer, Integer> parents = new HashMap<>();
    Set<Integer> members = new HashSet<>();
    for (String name : new File("/proc").list()) {
      if (!name.matches("\\d+")) continue;
      int pid = Integer.parseInt(name);
      String stat = content(pid, "stat");
      // The command's name may hold blanks and parentheses.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 1).trim().split(" ");
      if (fields.length < 2 || fields[0].equals("Z") || fields[0].equals("X")) continue;
      parents.put(pid, Integer.parseInt(fields[1]));
      if (("\0" + content(pid, "environ") + "\0").contains(carried)) members.add(pid);
    }
    Set<Integer> others = new HashSet<>();
    others.add(guard);
    // The shells that the node started us by carry the key too.
    for (Integer above = parents.get(self); above != null; above = parents.get(above)) others.add(above);
    members.removeAll(others);
    members.add(self);
    for (boolean grew = true; grew; ) {
      grew = false;
      for (Map.Entry<Integer, Integer> child : parents.entrySet())
        if (members.contains(child.getValue()) && !others.contains(child.getKey())) grew |= members.add(child.getKey());
    }
    members.remove(self);
    return members;
  }

  /** Empty when the process has ended or is not ours to read. */
  private static String content(int pid, String file) {
    try {
      return new String(Files.readAllBytes(new File("/proc/" + pid + "/" + file).toPath()), StandardCharsets.ISO_8859_1);
    } catch (IOException gone) {
      return "";
    }
  }
}
