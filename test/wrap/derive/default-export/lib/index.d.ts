export declare function parse(text: string): any;
declare const library: { parse: typeof parse; stringify(value: any): string };
export default library;
