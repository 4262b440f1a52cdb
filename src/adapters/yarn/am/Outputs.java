package io.longshore.yarn;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.PrivilegedExceptionAction;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.io.IOUtils;
import org.apache.hadoop.security.UserGroupInformation;

/**
 * Stores what the payload made in the folder LONGSHORE_OUT: ./output as values, and the declared file number N, counted from 0, as files/N.
 * By number, because a Hadoop path can hold neither every name (no colon on HDFS) nor, on file: where the locale is C, more than ASCII.
 */
final class Outputs {
  private static final FsPermission FILE = new FsPermission((short) 0600);
  private static final FsPermission FOLDER = new FsPermission((short) 0700);

  private Outputs() {}

  /** What is missing, no regular file, or outside of work/ is skipped. Twice is once. */
  static void store(List<String> declared) throws IOException {
    try {
      storeAll(declared);
    } catch (Exception failure) {
      throw new IOException("outputs cannot be stored: " + ApplicationMaster.reason(failure), failure);
    }
  }

  private static void storeAll(List<String> declared) throws IOException, InterruptedException {
    if (declared.isEmpty() && !new File("output").exists()) return;
    File found = collect(declared);
    String[] names = found.list();
    if (names == null || names.length == 0) return;
    Path folder = new Path(ApplicationMaster.variable("LONGSHORE_OUT"));
    // Without Kerberos a node runs all containers as one user, and only this says whose they are.
    UserGroupInformation user = UserGroupInformation.createRemoteUser(ApplicationMaster.variable("USER"));
    user.addCredentials(UserGroupInformation.getLoginUser().getCredentials());
    user.doAs(
        (PrivilegedExceptionAction<Void>)
            () -> {
              FileSystem system = folder.getFileSystem(new Configuration());
              system.setWriteChecksum(false);
              makeFolder(system, folder);
              for (String name : names) {
                boolean values = name.equals("values");
                if (!values) makeFolder(system, new Path(folder, "files"));
                store(system, new File(found, name), new Path(folder, values ? name : "files/" + name));
              }
              return null;
            });
  }

  /** Makes a folder of links to what is to be stored. */
  private static File collect(List<String> declared) throws IOException, InterruptedException {
    Script script =
        new Script()
            .line("set -e")
            .line("mkdir found")
            .line("root=$(cd work && pwd -P)")
            .line("if [ -f output ] && [ ! -L output ]; then ln -s ../output found/values; fi")
            .line("collect() {")
            .line("  if [ ! -f \"$2\" ]; then return; fi")
            // The dot, because $( ) would take newlines off the name's end.
            .line("  real=$(readlink -f \"$2\" && echo .) && real=${real%??}")
            .line("  case $real in \"$root\"/*) ln -s \"$real\" \"found/$1\" ;; esac")
            .line("}");
    for (int i = 0; i < declared.size(); i++) script.line("collect " + i, "work/" + declared.get(i));
    script.run();
    return new File("found");
  }

  private static void makeFolder(FileSystem system, Path folder) throws IOException {
    if (!system.exists(folder) && !FileSystem.mkdirs(system, folder, FOLDER)) throw new IOException(folder + " cannot be made");
  }

  private static void store(FileSystem system, File from, Path to) throws IOException {
    Path part = new Path(to.getParent(), "." + to.getName() + ".part");
    try (InputStream in = new FileInputStream(from);
        OutputStream out = FileSystem.create(system, part, FILE)) {
      IOUtils.copyBytes(in, out, 64 * 1024);
    }
    system.delete(to, false);
    if (!system.rename(part, to)) throw new IOException(part + " cannot be renamed to " + to.getName());
  }
}
