import type { Part } from '../part.ts';
import { asteraiInterface } from '../asterai/index.ts';
import { reflectInterface } from './index.ts';

export const part: Part = {
  own: {
    'switchboard:host/reflect': reflectInterface,
    'asterai:host/api': asteraiInterface,
  },
};
