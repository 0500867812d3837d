export declare function repeat(text: string, times: number): string;
