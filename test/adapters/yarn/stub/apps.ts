// Applications as a stub keeps them, and the JSON that a ResourceManager of Hadoop 3.5 makes of one: the same fields in the same order.

export const STATES = ['NEW', 'NEW_SAVING', 'SUBMITTED', 'ACCEPTED', 'RUNNING', 'FINISHED', 'FAILED', 'KILLED'];
export const isOver = (state: string): boolean => ['FINISHED', 'FAILED', 'KILLED'].includes(state);

export interface StubContainer {
  readonly id: string;
  /** The node has it. */
  alive: boolean;
  /** Contents by file name. */
  readonly files: Map<string, Buffer>;
}

export interface StubAttempt {
  readonly id: string;
  readonly number: number;
  readonly startTime: number;
  finishedTime: number;
  state: string;
  /** The first is the application master's. */
  readonly containers: StubContainer[];
}

/** What was submitted, as far as the stub looks into it. */
export interface Context {
  readonly 'application-id'?: string;
  readonly 'application-name'?: string;
  readonly 'application-type'?: string;
  readonly 'application-tags'?: { readonly tag?: readonly string[] };
  readonly queue?: string;
  readonly resource?: { readonly memory?: number; readonly vCores?: number };
  readonly [field: string]: unknown;
}

export interface StubApp {
  readonly id: string;
  readonly user: string;
  readonly name: string;
  readonly queue: string;
  readonly type: string;
  readonly tags: readonly string[];
  /** The submission context. */
  readonly context: Context;
  readonly startedTime: number;
  launchTime: number;
  finishedTime: number;
  state: string;
  finalStatus: string;
  diagnostics: string;
  progress: number;
  logAggregationStatus: string;
  readonly attempts: StubAttempt[];
  /** What its JSON is made with besides: wrong types, missing fields. */
  override: { readonly [field: string]: unknown };
  /** JSON by fields left out, until something changes. */
  readonly cached: Map<string, string>;
}

export interface Places {
  readonly rm: string;
  readonly nodeHttp: string;
  readonly timeline: string;
  readonly history: string;
}

const amount = (mb: number, cores: number): object => ({
  memory: mb,
  vCores: cores,
  resourceInformations: {
    resourceInformation: [
      { name: 'memory-mb', units: 'Mi', value: mb },
      { name: 'vcores', units: '', value: cores },
    ].map(({ name, units, value }) => ({
      maximumAllocation: Number.MAX_SAFE_INTEGER,
      minimumAllocation: 0,
      name,
      resourceType: 'COUNTABLE',
      units,
      value,
    })),
  },
});

/** `without`: the names given as deSelects. */
export function appFields(app: StubApp, { rm, nodeHttp, timeline }: Places, without: ReadonlySet<string>): object {
  const over = isOver(app.state);
  const launched = app.attempts.length > 0;
  const living = launched && !over;
  const { memory: mb = 256, vCores: cores = 1 } = app.context.resource ?? {};
  const held = over && launched ? -1 : 0;
  const newest = app.attempts.at(-1)?.containers[0];
  const history = app.state === 'KILLED' || app.state === 'FAILED' ? `${timeline}/applicationhistory/app/${app.id}` : `${rm}/proxy/${app.id}/`;
  return {
    id: app.id,
    user: app.user,
    name: app.name,
    queue: app.queue,
    state: app.state,
    finalStatus: app.finalStatus,
    progress: app.progress,
    trackingUI: over && launched ? 'History' : app.state === 'RUNNING' ? 'ApplicationMaster' : 'UNASSIGNED',
    ...(launched && (over || app.state === 'RUNNING') && { trackingUrl: history }),
    diagnostics: app.diagnostics,
    clusterId: 1795689478212,
    applicationType: app.type,
    applicationTags: app.tags.join(','),
    priority: -1,
    startedTime: app.startedTime,
    launchTime: app.launchTime,
    finishedTime: app.finishedTime,
    elapsedTime: 6153,
    ...(newest && { amContainerLogs: `http://${nodeHttp}/node/containerlogs/${newest.id}/${app.user}`, amHostHttpAddress: nodeHttp }),
    masterNodeId: newest ? 'localhost:20995' : '',
    allocatedMB: living ? mb : held,
    allocatedVCores: living ? cores : held,
    reservedMB: held,
    reservedVCores: held,
    runningContainers: living ? app.attempts.at(-1)!.containers.filter(({ alive }) => alive).length : held,
    memorySeconds: launched ? 1443 : 0,
    vcoreSeconds: launched ? 5 : 0,
    queueUsagePercentage: 0,
    clusterUsagePercentage: 0,
    ...(launched && {
      resourceSecondsMap: {
        entry: [
          { key: 'memory-mb', value: 1443 },
          { key: 'vcores', value: 5 },
        ],
      },
    }),
    preemptedResourceMB: 0,
    preemptedResourceVCores: 0,
    numNonAMContainerPreempted: 0,
    numAMContainerPreempted: 0,
    preemptedMemorySeconds: 0,
    preemptedVcoreSeconds: 0,
    logAggregationStatus: app.logAggregationStatus,
    unmanagedApplication: false,
    appNodeLabelExpression: '',
    amNodeLabelExpression: '',
    ...(living &&
      !without.has('resourceInfo') && {
        resourceInfo: {
          resourceUsagesByPartition: [
            {
              partitionName: '',
              used: amount(mb, cores),
              reserved: amount(0, 0),
              pending: amount(0, 0),
              amUsed: amount(mb, cores),
              amLimit: amount(0, 0),
              userAmLimit: amount(0, 0),
            },
          ],
        },
      }),
    ...(!without.has('timeouts') && { timeouts: { timeout: [{ type: 'LIFETIME', expiryTime: 'UNLIMITED', remainingTimeInSeconds: -1 }] } }),
    ...app.override,
  };
}

export function attemptFields(app: StubApp, attempt: StubAttempt, { nodeHttp, history }: Places): object {
  const [master] = attempt.containers as [StubContainer];
  const logsLink = attempt.finishedTime
    ? `${history}/jobhistory/logs/localhost:20995/${master.id}/${master.id}/${app.user}`
    : `http://${nodeHttp}/node/containerlogs/${master.id}/${app.user}`;
  return {
    id: attempt.number,
    startTime: attempt.startTime,
    finishedTime: attempt.finishedTime,
    containerId: master.id,
    nodeHttpAddress: nodeHttp,
    nodeId: 'localhost:20995',
    logsLink,
    blacklistedNodes: '',
    nodesBlacklistedBySystem: '',
    appAttemptId: attempt.id,
    exportPorts: 'null',
    appAttemptState: attempt.state,
  };
}

export function containerFields(app: StubApp, { id }: StubContainer, { nodeHttp }: Places): object {
  return {
    containerId: id,
    allocatedMB: 256,
    allocatedVCores: 1,
    assignedNodeId: 'localhost:20995',
    priority: 0,
    startedTime: app.launchTime,
    finishedTime: 0,
    elapsedTime: 5949,
    logUrl: `http://${nodeHttp}/node/containerlogs/${id}/${app.user}`,
    containerExitStatus: 0,
    containerState: 'RUNNING',
    nodeHttpAddress: `http://${nodeHttp}`,
    nodeId: 'localhost:20995',
    allocatedResources: {
      entry: [
        { key: 'memory-mb', value: 256 },
        { key: 'vcores', value: 1 },
      ],
    },
    exposedPorts: '',
  };
}

/** The application history's words for the same. */
export function historyFields(app: StubApp, { rm }: Places): object {
  return {
    appId: app.id,
    currentAppAttemptId: app.attempts.at(-1)?.id,
    user: app.user,
    name: app.name,
    queue: app.queue,
    type: app.type,
    host: '127.0.0.1',
    rpcPort: -1,
    appState: app.state,
    runningContainers: 0,
    progress: app.progress,
    diagnosticsInfo: app.diagnostics,
    originalTrackingUrl: 'N/A',
    trackingUrl: `${rm}/proxy/${app.id}/`,
    finalAppStatus: app.finalStatus,
    submittedTime: app.startedTime - 50,
    startedTime: app.startedTime,
    launchTime: app.launchTime,
    finishedTime: app.finishedTime,
    elapsedTime: 24178,
    applicationTags: app.tags.toReversed().join(','),
    priority: -1,
    allocatedCpuVcores: 0,
    allocatedMemoryMB: 0,
    unmanagedApplication: false,
    appNodeLabelExpression: '<DEFAULT_PARTITION>',
    amNodeLabelExpression: '<DEFAULT_PARTITION>',
  };
}
