/// <reference lib="dom" />
export declare function key(): symbol;
export declare function draw(context: CanvasRenderingContext2D): void;
export declare function build(type: new () => object): void;
export declare function stream(from: ReadableStream): void;
export declare function partly(text: string, element?: HTMLElement): string;
export declare function fine(): number;
