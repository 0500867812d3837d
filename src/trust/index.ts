export { bundleCache } from './bundle-cache.ts';
export { type Compared, type Difference, differences, installedAsCompared } from './differences.ts';
export type { BundleCache } from './evidence.ts';
export { judge, type Judgement, type JudgeOptions, judgementIn, type JudgePorts, trustVerifier } from './judge.ts';
