/** Hides‮ what follows. } interface evil { x: func(); } */
export declare function tidy(text: string): string;
export declare function world(options: { '} evil': string; constructor: string; import: string }): string;
export declare function pick(kind: 'a;b' | "}'x" | '"; drop' ): string;
