export type Mode = 'fast' | 'slow' | 'verySlow';
export declare enum Level { Low = 'low', High = 'high' }
export declare enum Size { Small = 0, Large = 1 }
export declare function run(mode: Mode, level: Level, size: Size): Mode;
export declare function open(either: 'auto' | boolean, number: 1 | 2 | 3): 'done';
export declare function loose(name: 'red' | 'green' | (string & {})): void;
export declare function signs(operator: '+' | '-'): number;
