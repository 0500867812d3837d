// It may wait, and by that jco lets every export of a component made of several wait, constructors too.
import { send } from 'switchboard:host/http@0.1.0';

class Counter {
  n: number;

  constructor(start: number) {
    if (start === 404) send({ method: 'GET', url: 'http://127.0.0.1:9/', headers: [] });
    this.n = start;
  }

  up(): number {
    this.n += 1;
    return this.n;
  }
}

export const counting = { Counter };
