// Every regular expression that a spec or an identifier is held against, each with a sentence; all are linear (no nested repeats).

/** Names of apps, clusters, queues, groups, definitions, nodes, outputs, labels: a DNS label, so that they fit Kubernetes, file names and URLs. */
export const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Names of environment variables: what POSIX shells can carry. */
export const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** A SHA-256 in lower-case hexadecimal: the name of an artifact. */
export const SHA256 = /^[0-9a-f]{64}$/;

/** A duration as people say it: "500ms", "10s", "5m", "6h", "1d" or several in a row, "1h30m". */
export const DURATION = /^(?:\d{1,9}(?:ms|s|m|h|d))+$/;

/** A size as Kubernetes says it: plain bytes, or Ki, Mi, Gi, Ti (1024) or k, M, G, T (1000). */
export const SIZE = /^\d{1,15}(?:Ki|Mi|Gi|Ti|k|M|G|T)?$/;

/** An attempt key: 26 characters of lower-case base32 (see identity.ts). */
export const ATTEMPT_KEY = /^[a-z2-7]{26}$/;

/** A job id: a positive 63-bit integer in decimal. */
export const JOB_ID = /^[1-9]\d{0,18}$/;

/** A stream of an attempt's log: stdout, stderr, or one of these after the name of a part of the job and a dot. It becomes the name of a file. */
export const LOG_STREAM = /^(?:[a-z0-9][a-z0-9-]{0,62}\.)?std(?:out|err)$/;

/** A run-as user: what useradd accepts. */
export const USER = /^[a-z_][a-z0-9_-]{0,31}$/;
