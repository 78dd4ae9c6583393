/** A number that keeps the order of what it stands for, from 0 to 4294967294. A `bigint` in browsers, a `number` in Node. */
export type SortableNumber = bigint | number;
