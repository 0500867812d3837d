/** The library: `import { createHost } from 'switchboard'`. What is not exported here is no part of the contract. */
export {
  ERRORS,
  type ErrorBody,
  type ErrorClass,
  type ErrorCode,
  type ErrorEntry,
  type ErrorKind,
  SwitchboardError,
} from '#core';
export type {
  CallContext,
  Caller,
  ComponentDescription,
  DescribedFunction,
  Digest,
  ElicitAnswer,
  ElicitRequest,
  EventBody,
  EventType,
  HostEvent,
  InstalledComponent,
  Limits,
  LogLevel,
  LogRecord,
  Principal,
  ProgressReport,
  SampleAnswer,
  SampleRequest,
  Profile,
  StopSignal,
  ToolsMode,
} from '#core';
export { openHost as createHost } from '#gateways/control/open-host';
export { VERSION } from '#host/version';
export type {
  CallArguments,
  CallOptions,
  ComponentLimits,
  Host,
  HostOptions,
  HostStatus,
  Installation,
  Json,
  Session,
} from '#host';
