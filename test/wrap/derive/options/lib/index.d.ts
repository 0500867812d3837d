export interface Options {
  /**
   * How far in.
   * @default 2
   */
  indent?: number;
  /** Quotes to use. */
  quotes?: 'single' | 'double';
  nested?: { deep: { deeper?: boolean } };
  required: string;
  onWarning?: (message: string) => void;
}
/** Formats a text. */
export declare function format(text: string, options?: Options): string;
