export interface Query {
  where(field: string, value: string | number): Query;
  limit(count: number): Query;
  toSQL(): { sql: string; values: (string | number)[] };
}
declare function query(table: string): Query;
export default query;
