import type { Part } from '../part.ts';
import { scheduleInterface } from './index.ts';

export const part: Part = { own: { 'switchboard:host/schedule': scheduleInterface } };
