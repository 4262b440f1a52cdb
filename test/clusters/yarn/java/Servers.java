import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.server.datanode.DataNode;
import org.apache.hadoop.hdfs.server.namenode.NameNode;
import org.apache.hadoop.mapred.JobConf;
import org.apache.hadoop.mapreduce.v2.hs.JobHistoryServer;
import org.apache.hadoop.metrics2.lib.DefaultMetricsSystem;
import org.apache.hadoop.service.Service;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.applicationhistoryservice.ApplicationHistoryServer;
import org.apache.hadoop.yarn.server.nodemanager.NodeManager;
import org.apache.hadoop.yarn.server.resourcemanager.ResourceManager;

/**
 * Real Hadoop servers in one JVM: Servers CONF_FOLDER (SERVER | KEY=VALUE)... They stop when standard input ends, so that none outlives whoever
 * started it, even when that was killed.
 */
public final class Servers {
  /** A server that does not stop in time is ended. */
  private static final int PATIENCE_MS = 20_000;

  private final List<AutoCloseable> running = new ArrayList<>();
  private final List<String> settings = new ArrayList<>();

  public static void main(String[] args) throws Exception {
    // The folder is no part of the class path: an archive of loaded classes (CDS) refuses folders there.
    URL[] conf = {new File(args[0]).toURI().toURL()};
    Thread.currentThread().setContextClassLoader(new URLClassLoader(conf, Servers.class.getClassLoader()));
    DefaultMetricsSystem.setMiniClusterMode(true);
    Servers servers = new Servers();
    try {
      for (int i = 1; i < args.length; i++) {
        if (args[i].contains("=")) servers.settings.add(args[i]);
        else servers.start(args[i]);
      }
    } catch (Throwable error) {
      error.printStackTrace();
      Runtime.getRuntime().halt(1);
    }
    while (System.in.read() >= 0) {}
    servers.stop();
  }

  private void start(String name) throws Exception {
    switch (name) {
      case "rm" -> start(new ResourceManager(), with(new YarnConfiguration()));
      case "nm" -> start(new NodeManager(), with(new YarnConfiguration()));
      case "timeline" -> start(new ApplicationHistoryServer(), with(new YarnConfiguration()));
      case "history" -> start(new JobHistoryServer(), with(new JobConf(new YarnConfiguration())));
      case "namenode" -> {
        Configuration conf = with(new HdfsConfiguration());
        if (!new File(new java.net.URI(conf.get("dfs.namenode.name.dir")).getPath(), "current").exists()) NameNode.format(conf);
        NameNode server = NameNode.createNameNode(new String[0], conf);
        running.add(server::stop);
      }
      case "datanode" -> {
        DataNode server = DataNode.createDataNode(new String[0], with(new HdfsConfiguration()));
        running.add(server::shutdown);
      }
      default -> throw new IllegalArgumentException("no server " + name);
    }
  }

  private void start(Service server, Configuration conf) {
    server.init(conf);
    server.start();
    running.add(server::stop);
  }

  private <C extends Configuration> C with(C conf) {
    for (String setting : settings) conf.set(setting.substring(0, setting.indexOf('=')), setting.substring(setting.indexOf('=') + 1));
    return conf;
  }

  private void stop() throws InterruptedException {
    Thread last = new Thread(() -> {
      for (int i = running.size() - 1; i >= 0; i--) {
        try {
          running.get(i).close();
        } catch (Exception error) {
          error.printStackTrace();
        }
      }
    });
    last.start();
    last.join(PATIENCE_MS);
    // An ordinary exit: only that writes an archive of loaded classes.
    new Thread(() -> System.exit(0)).start();
    Thread.sleep(PATIENCE_MS);
    Runtime.getRuntime().halt(1);
  }
}
