// Properties that change what is submitted, and that only Spark's own client knows how to.
import { StepError } from '../../../specs/errors.ts';
import type { Settings } from './settings.ts';

const ONLY_SPARK_SUBMIT = [
  /^spark\.yarn\.am\.(?:nodeLabelExpression|attemptFailuresValidityInterval|tokenConfRegex)$/,
  /^spark\.yarn\.rolledLog\./,
  /^spark\.(?:yarn\.)?driver\.resource\./,
  /^spark\.yarn\.user\.classpath\.first$/,
];

/** START_REFUSED, rather than leave out what somebody asked for. */
export function refuseUnsupported(settings: Settings): void {
  for (const name of settings.keys()) {
    if (ONLY_SPARK_SUBMIT.some((pattern) => pattern.test(name)))
      throw new StepError('START_REFUSED', `${name} needs Spark's own submission: set engines.spark.submit of the cluster to spark-submit`);
  }
}
