export declare function main(): string;
