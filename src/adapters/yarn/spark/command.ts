// The line that starts Spark's application master, with the driver in it.
import { commandWord, splitOptions } from './quote.ts';
import type { Settings } from './settings.ts';

const opens = (of: string, packages: string): string[] => packages.split(' ').map((name) => `--add-opens=${of}/${name}=ALL-UNNAMED`);

/**
 * What Spark gives to every JVM of its own. Left out: --add-modules=jdk.incubator.vector, with which a JVM before 16 (Spark 3.5 runs on it)
 * does not start; it makes some linear algebra of MLlib faster, and executors get it from the driver. A JVM ignores what it does not know.
 */
const JVM = [
  '-Djava.net.preferIPv6Addresses=false',
  '-XX:+IgnoreUnrecognizedVMOptions',
  ...opens('java.base', 'java.lang java.lang.invoke java.lang.reflect java.io java.net java.nio java.util java.util.concurrent'),
  ...opens('java.base', 'java.util.concurrent.atomic jdk.internal.ref sun.nio.ch sun.nio.cs sun.security.action sun.util.calendar'),
  ...opens('java.security.jgss', 'sun.security.krb5'),
  '-Dio.netty.tryReflectionSetAccessible=true',
  '-Dio.netty.allocator.type=pooled',
  '-Dio.netty.handler.ssl.defaultEndpointVerificationAlgorithm=NONE',
  '--sun-misc-unsafe-memory-access=allow',
  '--enable-native-access=ALL-UNNAMED',
];

export interface Driver {
  readonly settings: Settings;
  /** MiB. */
  readonly heap: number;
  readonly mainClass: string;
  /** --jar or --primary-py-file, and its value. */
  readonly main: readonly [string, string];
  readonly args: readonly string[];
  readonly applicationId: string;
  /** File in the working directory that sets secret variables. */
  readonly secrets: string | undefined;
}

export function driverCommand({ settings, heap, mainClass, main, args, applicationId, secrets }: Driver): string {
  const options = ['spark.driver.defaultJavaOptions', 'spark.driver.extraJavaOptions']
    .flatMap((name) => splitOptions(settings.get(name) ?? ''))
    .map((option) => commandWord(option.replaceAll('{{APP_ID}}', applicationId)));
  return [
    ...(secrets === undefined ? [] : [readSecrets(secrets)]),
    ...libraryPath(settings.get('spark.driver.extraLibraryPath')),
    'exec {{JAVA_HOME}}/bin/java -server',
    ...JVM,
    `-Xmx${heap}m -Djava.io.tmpdir={{PWD}}/tmp`,
    ...options,
    '-Dspark.yarn.app.container.log.dir=<LOG_DIR> org.apache.spark.deploy.yarn.ApplicationMaster',
    `--class ${commandWord(mainClass)} ${main[0]} ${commandWord(main[1])}`,
    ...args.map((arg) => `--arg ${commandWord(arg)}`),
    '--properties-file {{PWD}}/__spark_conf__/__spark_conf__.properties',
    '--dist-cache-conf {{PWD}}/__spark_conf__/__spark_dist_cache__.properties',
    '1> <LOG_DIR>/stdout 2> <LOG_DIR>/stderr',
  ].join(' ');
}

/** What is in the working directory is a link: the file behind it goes, too. Nothing of it is said, whatever is wrong with it. */
const readSecrets = (file: string): string => `. ./${file} >/dev/null 2>&1 && rm -f \\"\\$(readlink -f ${file})\\" ${file} || exit 70;`;

/** An administrator's path, with the nodes' variables in it. */
const libraryPath = (path: string | undefined): string[] =>
  path === undefined ? [] : [`export LD_LIBRARY_PATH=\\"${path.replaceAll('"', '\\\\\\"')}:$LD_LIBRARY_PATH\\";`];
