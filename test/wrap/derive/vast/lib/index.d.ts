/** A tree of more kinds than anybody would read. */
export interface N0 { kind: 'N0'; f0: Any;  f1: Any;  f2: Any;  f3: Any;  f4: Any;  f5: Any; }
export interface N1 { kind: 'N1'; f0: Any;  f1: Any;  f2: Any;  f3: Any;  f4: Any;  f5: Any; }
export interface N2 { kind: 'N2'; f0: Any;  f1: Any;  f2: Any;  f3: Any;  f4: Any;  f5: Any; }
export interface N3 { kind: 'N3'; f0: Any;  f1: Any;  f2: Any;  f3: Any;  f4: Any;  f5: Any; }
export interface N4 { kind: 'N4'; f0: Any;  f1: Any;  f2: Any;  f3: Any;  f4: Any;  f5: Any; }
export interface N5 { kind: 'N5'; f0: Any;  f1: Any;  f2: Any;  f3: Any;  f4: Any;  f5: Any; }
export interface N6 { kind: 'N6'; f0: Any;  f1: Any;  f2: Any;  f3: Any;  f4: Any;  f5: Any; }
export interface N7 { kind: 'N7'; f0: Any;  f1: Any;  f2: Any;  f3: Any;  f4: Any;  f5: Any; }
export interface N8 { kind: 'N8'; f0: Any;  f1: Any;  f2: Any;  f3: Any;  f4: Any;  f5: Any; }
export interface N9 { kind: 'N9'; f0: Any;  f1: Any;  f2: Any;  f3: Any;  f4: Any;  f5: Any; }
export interface N10 { kind: 'N10'; f0: Any;  f1: Any;  f2: Any;  f3: Any;  f4: Any;  f5: Any; }
export interface N11 { kind: 'N11'; f0: Any;  f1: Any;  f2: Any;  f3: Any;  f4: Any;  f5: Any; }
export interface N12 { kind: 'N12'; f0: Any;  f1: Any;  f2: Any;  f3: Any;  f4: Any;  f5: Any; }
export interface N13 { kind: 'N13'; f0: Any;  f1: Any;  f2: Any;  f3: Any;  f4: Any;  f5: Any; }
type Any = N0 | N1 | N2 | N3 | N4 | N5 | N6 | N7 | N8 | N9 | N10 | N11 | N12 | N13;
export interface Tree {
  body: Any[];
  /** Where it begins. */
  start: number;
  mode: 'script' | 'module';
}
export declare function parse(text: string): Tree;
