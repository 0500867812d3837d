export interface Point { x: number; y: number }
export declare function move(point: Point, by: Point): Point;
export declare function corners(): [Point, Point];
export declare function scale(point: { x: number; y: number }, factor: number): Point;
