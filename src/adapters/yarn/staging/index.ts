// Where the staging folder of a cluster lies decides how it is written.
import { fileURLToPath } from 'node:url';
import type { Http } from '../http.ts';
import type { YarnConfig } from '../index.ts';
import type { Staging } from './contract.ts';
import { folderStaging } from './folder.ts';
import { webHdfsStaging } from './webhdfs.ts';

/** The staging folder of a cluster as one of its users. */
export const stagingOf = (http: Http, { staging, webhdfs }: YarnConfig, user: string): Staging =>
  staging.startsWith('file:') ? folderStaging(fileURLToPath(staging), user) : webHdfsStaging(http, staging, webhdfs, user);
