export { createArtifactCache } from './cache.ts';
export type { AskTurn } from './cell-talk.ts';
export { createEngine, type Engine, type EngineOptions, type EngineStats, type Target } from './engine.ts';
export { type CallFigures, clientOf, type EngineCall, type PendingCall } from './pending-call.ts';
