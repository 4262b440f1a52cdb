package io.longshore.yarn;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * What a job brings, as a zip file: argv, env (NAME=value), outputs (paths below work/) and links (path below work/, target), each a list of
 * entries that end with NUL; and the files of work/. A list that is not there is empty.
 */
final class Bundle {
  private static final String WORK = "work/";

  final List<String> argv;
  final List<String> env;
  final List<String> outputs;
  private final List<String> links;

  private Bundle(ZipFile zip) throws IOException {
    argv = list(zip, "argv");
    env = list(zip, "env");
    outputs = list(zip, "outputs");
    links = list(zip, "links");
    if (argv.isEmpty()) throw new IOException("the bundle names no command");
    if (links.size() % 2 != 0) throw new IOException("the bundle's links are not pairs");
    for (String path : outputs) checkInside(path);
  }

  /** Fills ./work. Throws when the bundle is not whole, or holds a path that leads out of work/. */
  static Bundle unpack(File file) throws IOException, InterruptedException {
    if (!file.exists()) throw new IOException(file.getName() + " is missing");
    try (ZipFile zip = new ZipFile(file, StandardCharsets.UTF_8)) {
      Bundle bundle = new Bundle(zip);
      Script script = new Script().line("set -e").line("umask 077").line("mkdir work");
      bundle.unpackFiles(zip, script);
      bundle.makeLinks(script);
      script.run();
      return bundle;
    } catch (IOException | IllegalArgumentException failure) {
      throw new IOException(file.getName() + " cannot be unpacked: " + failure.getMessage(), failure);
    }
  }

  /** Unpacks to numbers, and has the shell give them their names. */
  private void unpackFiles(ZipFile zip, Script script) throws IOException {
    Path folder = Files.createDirectory(Paths.get("unpacked"));
    Set<String> made = new HashSet<>();
    int number = 0;
    for (ZipEntry entry : Collections.list(zip.entries())) {
      String path = bytes(entry.getName());
      if (!path.startsWith(WORK) || path.equals(WORK)) continue;
      checkInside(path.replaceFirst("/$", ""));
      String parent = path.substring(0, path.lastIndexOf('/'));
      if (made.add(parent)) script.line("mkdir -p", parent);
      if (entry.isDirectory()) continue;
      Path target = folder.resolve(String.valueOf(number++));
      try (InputStream in = zip.getInputStream(entry)) {
        Files.copy(in, target);
      }
      Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwx------"));
      script.line("mv", target.toString(), path);
    }
    script.line("rmdir unpacked");
  }

  private void makeLinks(Script script) throws IOException {
    for (int i = 0; i < links.size(); i += 2) {
      String path = links.get(i);
      checkInside(path);
      // A link below a link would be made wherever that one leads. Where a link itself leads, a payload could go anyway.
      for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
        String parent = path.substring(0, slash);
        for (int j = 0; j < links.size(); j += 2) if (links.get(j).equals(parent)) throw outside(path);
        script.line("mkdir -p", WORK + parent);
      }
      script.line("ln -s --", links.get(i + 1), WORK + path);
    }
  }

  private static void checkInside(String path) throws IOException {
    for (String part : path.split("/", -1)) if (part.isEmpty() || part.equals(".") || part.equals("..")) throw outside(path);
    if (path.indexOf('\0') >= 0) throw outside(path);
  }

  private static IOException outside(String path) {
    return new IOException("the path " + path + " leads out of the working directory");
  }

  private static List<String> list(ZipFile zip, String name) throws IOException {
    ZipEntry entry = zip.getEntry(name);
    if (entry == null) return Collections.emptyList();
    try (InputStream in = zip.getInputStream(entry)) {
      return list(name, Script.read(in));
    }
  }

  /** Entries that each end with NUL. Throws when the last one does not: then it is not whole. */
  static List<String> list(String name, byte[] content) throws IOException {
    List<String> entries = new ArrayList<>();
    int begin = 0;
    for (int i = 0; i < content.length; i++) {
      if (content[i] != 0) continue;
      entries.add(new String(content, begin, i - begin, StandardCharsets.ISO_8859_1));
      begin = i + 1;
    }
    if (begin != content.length) throw new IOException("the end of " + name + " is missing");
    return entries;
  }

  private static String bytes(String name) {
    return new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }
}
