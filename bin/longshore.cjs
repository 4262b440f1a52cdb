#!/usr/bin/env node
// Starts the command line on a Node that is new enough: the one that runs this, else the one that npm installed with Longshore.
'use strict';

const OLDEST = [22, 19];
const NOT_CONFIGURED = 78;

function isNewEnough(version) {
  const parts = version.split('.').map(Number);
  return parts[0] > OLDEST[0] || (parts[0] === OLDEST[0] && parts[1] >= OLDEST[1]);
}

function installedNode() {
  try {
    return require.resolve('node-linux-' + process.arch + '/bin/node');
  } catch {
    return undefined;
  }
}

function runAgain(node) {
  const child = require('child_process').spawn(node, [__filename].concat(process.argv.slice(2)), { stdio: 'inherit' });
  // A terminal's Ctrl-C reaches the child by itself; what is sent to this process only is passed on.
  const atTerminal = [0, 1, 2].some(require('tty').isatty);
  ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'].forEach(function (signal) {
    process.on(signal, function () {
      if (signal !== 'SIGINT' || !atTerminal) child.kill(signal);
    });
  });
  child.on('exit', function (code, signal) {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** Long-running processes are many and mostly idle: small young generations and few malloc arenas save a third of their memory. */
const PROCESSES = ['up', 'api', 'scheduler', 'worker'];
const FRUGAL = '--max-semi-space-size=4';

function becomeFrugal() {
  const isProcess = PROCESSES.indexOf(process.argv[2]) >= 0;
  if (!isProcess || process.execArgv.indexOf(FRUGAL) >= 0 || typeof process.execve !== 'function') return;
  const env = Object.assign({ MALLOC_ARENA_MAX: '2' }, process.env);
  process.execve(
    process.execPath,
    [process.execPath, '--disable-warning=ExperimentalWarning', FRUGAL].concat(process.execArgv, process.argv.slice(1)),
    env,
  );
}

if (isNewEnough(process.versions.node)) {
  becomeFrugal();
  require('module').enableCompileCache();
  // What it rejects with ends the process with its trace, as an import statement would.
  void import('../src/cli/main.ts');
} else {
  const node = installedNode();
  if (node === undefined) {
    process.stderr.write(
      'longshore needs Node ' + OLDEST.join('.') + ' or newer; this is ' + process.versions.node + ' and npm ci has installed none.\n',
    );
    process.exit(NOT_CONFIGURED);
  }
  runAgain(node);
}
